"""What the columns of tables of papers are called: by services and programs, and in languages.

Names are written here as people write them; they are compared without case, accents, spaces and
signs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rag.readers.named_values import SOLR_SUFFIX
from rag.text import without_accents


def bare_name(name: str) -> str:
    """Return a column's name without case, accents, signs, remarks and the ending of a Solr field.

    "Author(s)" and "Abstract (copied)" are an author and an abstract.
    """
    bare = REMARK.sub("", SOLR_SUFFIX.sub("", LANGUAGE.sub("", name))) or name
    return "".join(filter(str.isalnum, without_accents(bare).casefold()))


LANGUAGE: Final = re.compile(r"\[[\w-]{0,8}\]$")  # behind DSpace's names
REMARK: Final = re.compile(r"\s*\([^)]*\)")
# In English; the better names stand first.
ENGLISH: Final[Mapping[str, str]] = {
    "title": "title, article title, document title, paper title, item title, primary title, "
    "publication title, ti, title of paper, title english, paper, titles, paper name, dc title",
    "abstract": "abstract, abstract note, abstract text, ab, summary, abstract english, abstracts, "
    "description, résumé abstract, article abstract, paper abstract, summaries, "
    "dc description abstract",
    "authors": "author full names, authors, author, author names, af, au, authors raw, creator, "
    "creators, author name, authors list, author list, auth full name, authorships author display "
    "name, authorships raw author name, writers, paper authors, dc contributor author, dc creator",
    "date": "published, date, publication date, published date, date published, pd, pubdate, "
    "publish time, online date, cover date, issue date, produced date, release date, pub date, "
    "date of publication, published on, published at, submitted date, dc date issued",
    "year": "year, publication year, published year, pub year, py, year published, "
    "year of publication, pubyr, yr, years",
    "month": "month, published month, publication month",
    "doi": "doi, di, doi link, digital object identifier, article doi, item doi, doi id, doi url, "
    "paper doi, ids doi, doi or link, doi or url, dc identifier doi",
    "pmid": "pmid, pubmed id, pubmed, pm, ids pmid",
    "arxiv": "arxiv id, arxiv, eprint, archive location",
    "url": "url, link, html link, pdf link, urls, source url, article url, website, external url, "
    "full text link, source urls, paper link, paper url, article link, links, web address, "
    "hyperlink, landing page, landing page url, primary location landing page url, entry id, "
    "pdf url, abs url, url abs, url pdf, dc identifier uri",
    "venue": "venue, journal, source title, journal book, journal title, publication, "
    "journal name, conference name, book title, so, journal abbreviation, "
    "primary location source display name, conference, published in",
    "keywords": "author keywords, keywords, manual tags, tags, de, index keywords, terms, "
    "categories, topics, subjects, dc subject",
    "key": "citation key, cite key, bibtex key",
    "collections": "collections, collection",
    "kinds": "document type, publication type, dt",
    "own": "paperchat_id",
    "sorted": "sorted_authors",
}
# Volume, issue, pages and the like, which tell nothing of whether a table is one of papers.
DETAILS: Final[Mapping[str, str]] = {
    "volume": "volume, vol, vl, biblio volume, journal volume, band, jahrgang, tome, volumen",
    "issue": "issue, issue number, is, biblio issue, issue no, heft, numéro, número",
    "pages": "pages, page, pagination, page range, pp, seiten, páginas",
    "first": "page start, start page, first page, beginning page, bp, biblio first page",
    "last": "page end, end page, last page, ending page, ep, biblio last page",
    "article": "art. no., article number, ar, article no, e-location id",
    "publisher": "publisher, pu, publisher name, verlag, éditeur, editorial, editora, editore",
    "issn": "issn, sn, issns, issn-l, print issn, primary location source issn l",
    "eissn": "eissn, e-issn, ei, online issn, electronic issn",
    "isbn": "isbn, isbns, bn, isbn print",
    "kind": "kind, item type, entry type, reference type, type, document identifier, pt",
}
LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "German": {
        "title": "Titel, Titel des Artikels, Beitragstitel",
        "abstract": "Zusammenfassung, Kurzfassung, Kurzbeschreibung, Inhaltsangabe",
        "authors": "Autor, Autoren, Autorinnen, Autor:innen, Autorinnen und Autoren, Verfasser, "
        "Verfasserin, Verfasser:innen",
        "date": "Datum, Erscheinungsdatum, Veröffentlichungsdatum, Publikationsdatum",
        "year": "Jahr, Erscheinungsjahr, Publikationsjahr, Veröffentlichungsjahr",
        "url": "Internetadresse, Webadresse, Verknüpfung",
        "venue": "Zeitschrift, Quelle, Tagung",
        "keywords": "Schlagwörter, Schlagworte, Stichwörter, Schlüsselwörter",
    },
    "French": {
        "title": "Titre, Titre de l'article, Intitulé",
        "abstract": "Résumé, Sommaire",
        "authors": "Auteur, Auteurs, Auteure, Auteur(e)s, Auteur·e·s, Nom des auteurs",
        "date": "Date de publication, Date de parution",
        "year": "Année, Année de publication, Année de parution",
        "url": "Lien, Liens, Lien URL, Adresse, Adresse web, Hyperlien",
        "venue": "Revue, Périodique, Nom de la revue",
        "keywords": "Mots clés, Mots-clefs, Mots-clés auteurs",
    },
    "Spanish": {
        "title": "Título, Título del artículo",
        "abstract": "Resumen, Sumario",
        "authors": "Autor, Autores, Autora, Autoras, Autor(a), Autores/as, Autoría",
        "date": "Fecha, Fecha de publicación",
        "year": "Año, Año de publicación",
        "url": "Enlace, Enlaces, Vínculo, Liga, Dirección web",
        "venue": "Revista, Fuente, Nombre de la revista",
        "keywords": "Palabras clave, Descriptores",
    },
    "Portuguese": {
        "title": "Título, Título do artigo",
        "abstract": "Resumo",
        "authors": "Autor, Autores, Autor(es), Autora, Autoras, Autoria",
        "date": "Data de publicação, Data da publicação, Data",
        "year": "Ano, Ano de publicação, Ano da publicação",
        "url": "Ligação, Hiperligação, Endereço, Endereço eletrônico",
        "venue": "Revista, Periódico, Fonte",
        "keywords": "Palavras-chave, Descritores",
    },
    "Catalan": {
        "title": "Títol, Títol de l'article",
        "abstract": "Resum",
        "authors": "Autor, Autors, Autores, Autoria",
        "date": "Data de publicació",
        "year": "Any, Any de publicació",
        "url": "Enllaç",
        "venue": "Revista, Font",
        "keywords": "Paraules clau",
    },
    "Italian": {
        "title": "Titolo, Titolo dell'articolo",
        "abstract": "Riassunto, Sommario, Sintesi",
        "authors": "Autore, Autori, Autrice, Autrici",
        "date": "Data di pubblicazione, Data",
        "year": "Anno, Anno di pubblicazione",
        "url": "Collegamento, Indirizzo web",
        "venue": "Rivista, Fonte",
        "keywords": "Parole chiave",
    },
    "Romanian": {
        "title": "Titlu, Titlul, Titlul articolului",
        "abstract": "Rezumat, Rezumatul",
        "authors": "Autor, Autori, Autorii",
        "date": "Data publicării",
        "year": "Anul, Anul publicării",
        "url": "Legătură, Adresă web",
        "venue": "Revista, Sursa",
        "keywords": "Cuvinte cheie, Cuvinte-cheie",
    },
    "Dutch": {
        "title": "Titel, Titel van het artikel",
        "abstract": "Samenvatting",
        "authors": "Auteur, Auteurs, Schrijver, Schrijvers",
        "date": "Datum, Publicatiedatum, Datum van publicatie",
        "year": "Jaar, Publicatiejaar, Jaar van publicatie",
        "url": "Koppeling, Webadres",
        "venue": "Tijdschrift, Bron",
        "keywords": "Trefwoorden, Sleutelwoorden",
    },
    "Swedish": {
        "title": "Titel, Artikelns titel",
        "abstract": "Sammanfattning, Sammandrag",
        "authors": "Författare",
        "date": "Datum, Publiceringsdatum, Utgivningsdatum",
        "year": "År, Utgivningsår, Publiceringsår",
        "url": "Länk, Länkar, Webbadress",
        "venue": "Tidskrift, Källa",
        "keywords": "Nyckelord, Ämnesord",
    },
    "Danish and Norwegian": {
        "title": "Titel, Tittel",
        "abstract": "Resumé, Resume, Sammenfatning, Sammendrag, Samandrag, Abstrakt",
        "authors": "Forfatter, Forfattere, Forfattar, Forfattarar",
        "date": "Dato, Udgivelsesdato, Utgivelsesdato, Publiseringsdato, Publiceringsdato",
        "year": "År, Udgivelsesår, Utgivelsesår, Publiseringsår, Årstal, Årstall",
        "url": "Lenke, Lenkje, Webadresse, Nettadresse",
        "venue": "Tidsskrift, Kilde",
        "keywords": "Nøgleord, Nøkkelord, Emneord",
    },
    "Finnish": {
        "title": "Otsikko, Nimeke, Artikkelin nimi",
        "abstract": "Tiivistelmä, Yhteenveto",
        "authors": "Tekijä, Tekijät, Kirjoittaja, Kirjoittajat",
        "date": "Päivämäärä, Julkaisupäivä, Julkaisupäivämäärä",
        "year": "Vuosi, Julkaisuvuosi",
        "url": "Linkki, Verkko-osoite",
        "venue": "Lehti, Julkaisu, Lähde",
        "keywords": "Avainsanat, Asiasanat",
    },
    "Polish": {
        "title": "Tytuł, Tytuł artykułu",
        "abstract": "Streszczenie, Abstrakt",
        "authors": "Autor, Autorzy, Autorka",
        "date": "Data publikacji, Data wydania, Data",
        "year": "Rok, Rok publikacji, Rok wydania",
        "url": "Odnośnik, Łącze, Adres",
        "venue": "Czasopismo, Źródło",
        "keywords": "Słowa kluczowe",
    },
    "Czech and Slovak": {
        "title": "Název, Názov, Název článku, Názov článku, Titul",
        "abstract": "Abstrakt, Souhrn, Súhrn, Shrnutí, Zhrnutie",
        "authors": "Autor, Autoři, Autori",
        "date": "Datum, Dátum, Datum vydání, Dátum vydania, Datum publikace",
        "year": "Rok, Rok vydání, Rok vydania, Rok publikace",
        "url": "Odkaz",
        "venue": "Časopis, Zdroj",
        "keywords": "Klíčová slova, Kľúčové slová",
    },
    "Slovene, Croatian, Bosnian and Serbian": {
        "title": "Naslov, Naslov članka, Naslov rada, Наслов",
        "abstract": "Povzetek, Izvleček, Sažetak, Apstrakt, Сажетак, Апстракт",
        "authors": "Avtor, Avtorji, Autor, Autori, Аутор, Аутори",
        "date": "Datum objave, Datum, Датум",
        "year": "Leto, Leto objave, Godina, Godina izdanja, Година",
        "url": "Povezava, Poveznica, Veza, Линк",
        "venue": "Revija, Časopis, Часопис",
        "keywords": "Ključne besede, Ključne riječi, Ključne reči",
    },
    "Hungarian": {
        "title": "Cím, A cikk címe",
        "abstract": "Kivonat, Összefoglaló, Absztrakt, Összefoglalás",
        "authors": "Szerző, Szerzők",
        "date": "Dátum, Megjelenés dátuma, Közzététel dátuma",
        "year": "Év, Megjelenés éve, Kiadás éve",
        "url": "Hivatkozás, Webcím",
        "venue": "Folyóirat, Forrás",
        "keywords": "Kulcsszavak",
    },
    "Turkish": {
        "title": "Başlık, Makale başlığı, Makale adı",
        "abstract": "Özet, Öz",
        "authors": "Yazar, Yazarlar",
        "date": "Tarih, Yayın tarihi",
        "year": "Yıl, Yayın yılı, Yayım yılı",
        "url": "Bağlantı, Bağlantı adresi",
        "venue": "Dergi, Kaynak",
        "keywords": "Anahtar kelimeler, Anahtar sözcükler",
    },
    "Greek": {
        "title": "Τίτλος, Τίτλος άρθρου",
        "abstract": "Περίληψη",
        "authors": "Συγγραφέας, Συγγραφείς",
        "date": "Ημερομηνία, Ημερομηνία δημοσίευσης",
        "year": "Έτος, Έτος δημοσίευσης",
        "url": "Σύνδεσμος",
        "venue": "Περιοδικό, Πηγή",
        "keywords": "Λέξεις-κλειδιά",
    },
    "Russian": {
        "title": "Название, Заголовок, Название статьи, Заглавие",
        "abstract": "Аннотация, Реферат, Резюме",
        "authors": "Автор, Авторы",
        "date": "Дата, Дата публикации",
        "year": "Год, Год публикации, Год издания",
        "url": "Ссылка, Ссылки, Адрес",
        "venue": "Журнал, Источник",
        "keywords": "Ключевые слова",
    },
    "Ukrainian and Bulgarian": {
        "title": "Назва, Назва статті, Заглавие",
        "abstract": "Анотація, Анотация, Резюме",
        "authors": "Автор, Автори",
        "date": "Дата публікації, Дата на публикуване",
        "year": "Рік, Рік публікації, Рік видання, Година",
        "url": "Посилання, Връзка",
        "venue": "Журнал, Джерело, Списание",
        "keywords": "Ключові слова, Ключови думи",
    },
    "Chinese": {
        "title": "标题, 題名, 题名, 篇名, 標題, 论文题目, 論文題目, 文献标题, 论文标题, 題目, 题目",
        "abstract": "摘要, 内容摘要, 中文摘要, 文摘",
        "authors": "作者, 全部作者, 作者姓名",
        "date": "日期, 发表日期, 發表日期, 出版日期, 发表时间, 發表時間, 发布日期",
        "year": "年, 年份, 发表年份, 發表年份, 出版年, 出版年份, 年度",
        "url": "链接, 鏈接, 連結, 网址, 網址, 原文链接",
        "venue": "期刊, 来源, 來源, 刊名, 文献来源, 期刊名称, 期刊名稱, 会议",
        "keywords": "关键词, 關鍵詞, 關鍵字, 关键字",
    },
    "Japanese": {
        "title": "タイトル, 論文タイトル, 論題, 論文名, 表題, 題目",
        "abstract": "要旨, 抄録, 概要, アブストラクト, 要約",
        "authors": "著者, 著者名, 執筆者",
        "date": "発行日, 公開日, 出版日, 掲載日",
        "year": "発行年, 出版年, 刊行年, 発表年, 公開年",
        "url": "リンク, アドレス",
        "venue": "雑誌, 雑誌名, 掲載誌, 誌名, ジャーナル",
        "keywords": "キーワード",
    },
    "Korean": {
        "title": "제목, 논문제목, 논문명, 표제",
        "abstract": "초록, 요약, 국문초록",
        "authors": "저자, 저자명, 지은이",
        "date": "발행일, 출판일, 게재일, 날짜",
        "year": "연도, 발행연도, 발행년도, 출판연도, 년도, 발행년",
        "url": "링크, 주소",
        "venue": "학술지, 학술지명, 저널, 출처",
        "keywords": "키워드, 주제어, 핵심어",
    },
    "Arabic": {
        "title": "العنوان, عنوان, عنوان البحث, عنوان المقال",
        "abstract": "الملخص, ملخص, المستخلص, الخلاصة",
        "authors": "المؤلف, المؤلفون, المؤلفين, الباحث, الباحثون",
        "date": "التاريخ, تاريخ النشر",
        "year": "السنة, سنة النشر, العام, سنة",
        "url": "الرابط, رابط",
        "venue": "المجلة, المصدر",
        "keywords": "الكلمات المفتاحية, كلمات مفتاحية",
    },
    "Persian": {
        "title": "عنوان مقاله",
        "abstract": "چکیده, خلاصه",
        "authors": "نویسنده, نویسندگان",
        "date": "تاریخ انتشار, تاریخ",
        "year": "سال, سال انتشار",
        "url": "پیوند, لینک",
        "venue": "مجله, نشریه",
        "keywords": "کلیدواژه, کلیدواژه‌ها, کلمات کلیدی",
    },
    "Hebrew": {
        "title": "כותרת, שם המאמר",
        "abstract": "תקציר",
        "authors": "מחבר, מחברים, מחברת",
        "date": "תאריך, תאריך פרסום",
        "year": "שנה, שנת פרסום",
        "url": "קישור",
        "venue": "כתב עת, מקור",
        "keywords": "מילות מפתח",
    },
    "Hindi": {
        "title": "शीर्षक",
        "abstract": "सारांश, सार",
        "authors": "लेखक",
        "date": "तिथि, प्रकाशन तिथि",
        "year": "वर्ष, प्रकाशन वर्ष",
        "url": "लिंक, कड़ी",
        "venue": "पत्रिका",
        "keywords": "मुख्य शब्द",
    },
    "Vietnamese": {
        "title": "Tiêu đề, Tên bài báo, Nhan đề, Tên bài",
        "abstract": "Tóm tắt",
        "authors": "Tác giả, Các tác giả",
        "date": "Ngày xuất bản, Ngày công bố",
        "year": "Năm, Năm xuất bản, Năm công bố",
        "url": "Liên kết, Đường dẫn",
        "venue": "Tạp chí, Nguồn",
        "keywords": "Từ khóa, Từ khoá",
    },
    "Indonesian and Malay": {
        "title": "Judul, Judul artikel, Tajuk",
        "abstract": "Abstrak, Ringkasan",
        "authors": "Penulis, Pengarang",
        "date": "Tanggal, Tanggal terbit, Tarikh terbit",
        "year": "Tahun, Tahun terbit, Tahun publikasi",
        "url": "Tautan, Pautan",
        "venue": "Jurnal, Sumber",
        "keywords": "Kata kunci",
    },
    "Thai": {
        "title": "ชื่อเรื่อง, ชื่อบทความ",
        "abstract": "บทคัดย่อ",
        "authors": "ผู้แต่ง, ผู้เขียน",
        "date": "วันที่เผยแพร่",
        "year": "ปี, ปีที่พิมพ์",
        "url": "ลิงก์",
        "venue": "วารสาร",
        "keywords": "คำสำคัญ",
    },
}
LAST: Final[Mapping[str, str]] = {"abstract": "text"}  # which may be of anything


def _names(column: str) -> tuple[str, ...]:
    tables = (ENGLISH, *LANGUAGES.values(), LAST)
    written = ", ".join(table[column] for table in tables if column in table)
    return tuple(dict.fromkeys(map(bare_name, written.split(", "))))


COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {column: _names(column) for column in ENGLISH}
OF_DETAILS: Final[Mapping[str, tuple[str, ...]]] = {
    detail: tuple(map(bare_name, names.split(", "))) for detail, names in DETAILS.items()
}
# What Notion and OpenAlex call a title: one only beside what papers have.
NAMES: Final = ("name", "displayname")
CERTAIN_ABSTRACTS: Final = frozenset(COLUMNS["abstract"]) - frozenset(
    map(bare_name, ("description", "summary", "summaries", "text"))
)
# Titles that a table with no abstract is known by.
ENGLISH_TITLES: Final = COLUMNS["title"][:6]
