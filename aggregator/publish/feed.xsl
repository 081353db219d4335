<?xml version="1.0" encoding="UTF-8"?>
<!-- A feed of ours as a page that says how to subscribe; run by the server. Text only: the HTML of the entries is
     never let loose here, its tags are taken out. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
  xmlns:a="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:at="http://purl.org/atompub/tombstones/1.0" exclude-result-prefixes="a dc at">
  <xsl:output method="html" encoding="UTF-8" doctype-system="about:legacy-compat" />

  <xsl:variable name="language" select="substring(concat(/a:feed/@xml:lang, /rss/channel/language), 1, 2)" />
  <xsl:variable name="title" select="/a:feed/a:title | /rss/channel/title" />
  <xsl:variable name="address" select="(/a:feed/a:link | /rss/channel/a:link)[@rel = 'self']/@href" />
  <xsl:variable name="page" select="/a:feed/a:link[@rel = 'alternate']/@href | /rss/channel/link" />
  <xsl:variable name="css"
    select="substring-before(substring-after(/processing-instruction('xml-stylesheet')[contains(., 'text/css')], 'href=&quot;'), '&quot;')" />

  <xsl:template match="/">
    <html lang="{$language}">
      <head>
        <title><xsl:value-of select="$title" /></title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="stylesheet" href="{$css}" />
      </head>
      <body>
        <main>
          <h1><xsl:value-of select="$title" /></h1>
          <aside>
            <xsl:call-template name="invitation" />
            <input type="url" readonly="readonly" value="{$address}" aria-label="{$title}" />
          </aside>
          <xsl:apply-templates select="/a:feed/a:entry | /rss/channel/item" />
        </main>
      </body>
    </html>
  </xsl:template>

  <xsl:template name="invitation">
    <xsl:choose>
      <xsl:when test="$language = 'ru'">
        <p>Это лента новостей. Чтобы подписаться, скопируйте её адрес в программу для чтения лент.</p>
        <p><a href="{$page}">Страница этой темы</a></p>
      </xsl:when>
      <xsl:when test="$language = 'kk'">
        <p>Бұл — жаңалықтар лентасы. Жазылу үшін оның мекенжайын оқу бағдарламасына көшіріңіз.</p>
        <p><a href="{$page}">Осы тақырыптың беті</a></p>
      </xsl:when>
      <xsl:when test="$language = 'az'">
        <p>Bu bir xəbər lentidir. Abunə olmaq üçün onun ünvanını oxuyucu proqrama köçürün.</p>
        <p><a href="{$page}">Bu mövzunun səhifəsi</a></p>
      </xsl:when>
      <xsl:when test="$language = 'tr'">
        <p>Bu bir haber akışıdır. Abone olmak için adresini bir akış okuyucuya kopyalayın.</p>
        <p><a href="{$page}">Bu konunun sayfası</a></p>
      </xsl:when>
      <xsl:otherwise>
        <p>This is a news feed. To subscribe, copy its address into a feed reader.</p>
        <p><a href="{$page}">The page of this topic</a></p>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="a:entry | item">
    <article lang="{@xml:lang}{dc:language}">
      <h2><a href="{a:link[@rel = 'alternate']/@href}{link}"><xsl:value-of select="a:title | title" /></a></h2>
      <p class="from">
        <xsl:value-of select="a:source/a:title | source" />
        <xsl:text> · </xsl:text>
        <xsl:value-of select="substring(translate(a:published, 'T', ' '), 1, 16)" /><xsl:value-of select="pubDate" />
      </p>
      <p>
        <xsl:call-template name="plain">
          <xsl:with-param name="html" select="substring(concat(a:summary, description), 1, 1000)" />
        </xsl:call-template>
      </p>
    </article>
  </xsl:template>

  <!-- The text of a piece of HTML: a tag and what follows it, step by step. -->
  <xsl:template name="plain">
    <xsl:param name="html" />
    <xsl:choose>
      <xsl:when test="contains($html, '&lt;')">
        <xsl:call-template name="decoded">
          <xsl:with-param name="text" select="substring-before($html, '&lt;')" />
        </xsl:call-template>
        <xsl:text> </xsl:text>
        <xsl:call-template name="plain">
          <xsl:with-param name="html" select="substring-after(substring-after($html, '&lt;'), '&gt;')" />
        </xsl:call-template>
      </xsl:when>
      <xsl:otherwise>
        <xsl:call-template name="decoded"><xsl:with-param name="text" select="$html" /></xsl:call-template>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="decoded">
    <xsl:param name="text" />
    <xsl:choose>
      <xsl:when test="contains($text, '&amp;')">
        <xsl:variable name="rest" select="substring-after($text, '&amp;')" />
        <xsl:variable name="name" select="substring-before($rest, ';')" />
        <xsl:value-of select="substring-before($text, '&amp;')" />
        <xsl:choose>
          <xsl:when test="$name = 'lt'">&lt;</xsl:when>
          <xsl:when test="$name = 'gt'">&gt;</xsl:when>
          <xsl:when test="$name = 'quot'">"</xsl:when>
          <xsl:when test="$name = '#39'">'</xsl:when>
          <xsl:when test="$name = 'nbsp'"><xsl:text>&#160;</xsl:text></xsl:when>
          <xsl:when test="$name = 'amp'">&amp;</xsl:when>
          <xsl:otherwise>&amp;<xsl:value-of select="$name" />;</xsl:otherwise>
        </xsl:choose>
        <xsl:call-template name="decoded"><xsl:with-param name="text" select="substring-after($rest, ';')" /></xsl:call-template>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$text" /></xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
