"""Small pure functions on text that several stages share: folding, words, HTML, URLs, dates and hosts."""
