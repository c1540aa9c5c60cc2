#include "experiment/language.h"

#include "text/utf8.h"

#include "base/banned.h"

enum script {
    LATIN,
    CYRILLIC,
    GREEK,
    ARABIC,
    HEBREW,
    DEVANAGARI,
    THAI,
    KANA,
    HANGUL,
    HAN,
    SCRIPTS
};

/* Main blocks of Unicode's script property. */
static const struct {
    uint32_t from, to;
    enum script script;
} blocks[] = {{0x41, 0x5A, LATIN},    {0x61, 0x7A, LATIN},      {0xC0, 0x24F, LATIN},
              {0x370, 0x3FF, GREEK},  {0x400, 0x52F, CYRILLIC}, {0x5D0, 0x5EA, HEBREW},
              {0x620, 0x64A, ARABIC}, {0x671, 0x6D3, ARABIC},   {0x904, 0x963, DEVANAGARI},
              {0xE01, 0xE4E, THAI},   {0x3041, 0x30FF, KANA},   {0x3400, 0x4DBF, HAN},
              {0x4E00, 0x9FFF, HAN},  {0xAC00, 0xD7A3, HANGUL}};

static const struct {
    const char *code;
    enum script script;
    const char *words; /* of Latin ones: frequent, and rare in the others; blanks around each */
} languages[] = {
    {"en", LATIN,
     " the and is are was were of to you your with this that it not have has for from will would "
     "can be they what here please "},
    {"de", LATIN,
     " der die das und ist sind nicht ein eine einen mit für auf sie ich wir wird werden auch von "
     "dem den des zu bitte hier "},
    {"fr", LATIN,
     " le les des est et une dans pour vous nous je pas avec sur qui sont ce cette aux du votre "
     "voici merci "},
    {"es", LATIN,
     " el los las una es y por para con usted está esto pero como más su del muy también aquí "
     "gracias "},
    {"it", LATIN,
     " il gli che è di per una non sono con questo questa della del anche più lei nel alla ecco "
     "grazie "},
    {"pt", LATIN,
     " o os uma é não você para com são mais isto isso mas como seu sua dos das também aqui "
     "obrigado "},
    {"nl", LATIN,
     " het een en van niet is ik je dat met voor zijn op wij ook maar naar deze wordt u hier "
     "graag "},
    {"ru", CYRILLIC, ""},
    {"el", GREEK, ""},
    {"ar", ARABIC, ""},
    {"he", HEBREW, ""},
    {"hi", DEVANAGARI, ""},
    {"th", THAI, ""},
    {"ja", KANA, ""},
    {"ko", HANGUL, ""},
    {"zh", HAN, ""}};
#define LANGUAGES (sizeof languages / sizeof *languages)
#define NONE LANGUAGES

const char *tare_language_names(void)
{
    return "en, de, fr, es, it, pt, nl, ru, el, ar, he, hi, th, ja, ko and zh";
}

static size_t number_of(struct tare_str code)
{
    size_t k = 0;
    while (k < LANGUAGES && !tare_str_is(code, languages[k].code))
        k++;
    return k;
}

bool tare_language_known(struct tare_str code)
{
    return number_of(code) < LANGUAGES;
}

static enum script script_of(uint32_t cp)
{
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (cp >= blocks[i].from && cp <= blocks[i].to && cp != 0xD7 && cp != 0xF7)
            return blocks[i].script;
    return SCRIPTS;
}

/* The script that most letters are of; a text with a fifth of kana is Japanese, whatever Han. */
static enum script main_script(struct tare_str s)
{
    uint64_t n[SCRIPTS + 1] = {0}, letters = 0;
    enum script most = SCRIPTS;
    for (size_t i = 0; i < s.n;) {
        uint32_t cp = 0;
        unsigned len = tare_utf8_decode(s.p + i, s.p + s.n, &cp);
        enum script of = len ? script_of(cp) : SCRIPTS;
        n[of]++;
        letters += of != SCRIPTS;
        i += len ? len : 1;
    }
    for (int k = 0; k < SCRIPTS; k++)
        if (n[k] && (most == SCRIPTS || n[k] > n[most]))
            most = (enum script)k;
    return most == HAN && n[KANA] * 5 >= letters ? KANA : most;
}

/* Letters of one word in lower case with a blank on each side; n 0: too long to be a small one. */
static size_t padded(struct tare_str word, char out[16])
{
    if (word.n > 13)
        return 0;
    out[0] = ' ';
    for (size_t i = 0; i < word.n; i++)
        out[1 + i] = (char)(word.p[i] >= 'A' && word.p[i] <= 'Z' ? word.p[i] + 32 : word.p[i]);
    out[1 + word.n] = ' ';
    return word.n + 2;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* The language of Latin letters with the most small words; NONE: none has one, or two have as many.
 */
static size_t by_words(struct tare_str s)
{
    uint32_t n[LANGUAGES] = {0};
    size_t best = NONE;
    bool tie = false;
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        char word[16];
        while (i < s.n && letter(s.p[i]))
            i++;
        size_t len = i > from ? padded(tare_str_n(s.p + from, i - from), word) : 0;
        for (size_t k = 0; len && k < LANGUAGES; k++)
            n[k] +=
                languages[k].script == LATIN &&
                tare_str_find(tare_str_of(languages[k].words), tare_str_n(word, len)) != SIZE_MAX;
        i += i == from;
    }
    for (size_t k = 0; k < LANGUAGES; k++) {
        tie = n[k] && best != NONE && n[k] == n[best] ? true : tie;
        if (n[k] && (best == NONE || n[k] > n[best])) {
            best = k;
            tie = false;
        }
    }
    return tie ? NONE : best;
}

static size_t language_of(struct tare_str s)
{
    enum script script = main_script(s);
    if (script == LATIN)
        return by_words(s);
    for (size_t k = 0; k < LANGUAGES; k++)
        if (languages[k].script == script)
            return k;
    return NONE;
}

bool tare_language_told(struct tare_str text)
{
    return language_of(text) != NONE;
}

bool tare_language_is(struct tare_str text, struct tare_str code)
{
    size_t of = language_of(text);
    return of != NONE && of == number_of(code);
}
