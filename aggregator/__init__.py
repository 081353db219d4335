"""A multilingual aggregator of news feeds: many publishers in, stories sorted into topics out."""
