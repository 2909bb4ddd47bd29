#include "base/text.h"

#include <endian.h>

#include "base/limit.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* The code point at ${s} and its length in bytes; 0 if there is no valid one (The Unicode Standard, table
 * 3-7). */
static size_t
decode(struct span s, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n;

    if (s.n == 0)
        return 0;
    if (s.p[0] < 0x80) {
        *point = s.p[0];
        return 1;
    }
    if (s.p[0] < 0xC2 || s.p[0] > 0xF4)
        return 0;
    n = s.p[0] < 0xE0 ? 2 : s.p[0] < 0xF0 ? 3 : 4;
    if (s.n < n)
        return 0;
    *point = s.p[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s.p[i] & 0xC0) != 0x80)
            return 0;
        *point = *point << 6 | (s.p[i] & 0x3Fu);
    }
    if (*point < least[n] || *point > 0x10FFFF || (*point >= 0xD800 && *point <= 0xDFFF))
        return 0;
    return n;
}

size_t
text_utf8_prefix(struct span s)
{
    size_t at = 0;

    while (at < s.n) {
        uint32_t point;
        size_t n;

        while (s.n - at >= 8) {
            uint64_t word;

            memcpy(&word, s.p + at, 8);
            if ((word & 0x8080808080808080u) != 0)
                break;
            at += 8;
        }
        while (at < s.n && s.p[at] < 0x80)
            at++;
        if (at == s.n)
            break;
        n = decode(span_of(s.p + at, s.n - at), &point);
        if (n == 0)
            break;
        at += n;
    }
    return at;
}

bool
text_is_utf8(struct span s)
{
    return text_utf8_prefix(s) == s.n;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * The first of eight bytes that is below 0x20 or above 0x7E; 8: none. A borrow may mark a byte wrongly, but only behind one that is
 * marked rightly.
 */
static size_t
odd_of_eight(const uint8_t *p)
{
    uint64_t word;
    uint64_t odd;

    memcpy(&word, p, 8);
    word = le64toh(word);
    odd = ((word - EACH(0x20)) | (word + EACH(0x01)) | word) & EACH(0x80);
    return odd != 0 ? (size_t)__builtin_ctzll(odd) / 8 : 8;
}

size_t
text_plain_prefix(struct span s)
{
    size_t at = 0;

    for (; s.n - at >= 8; at += 8) {
        size_t odd = odd_of_eight(s.p + at);

        if (odd < 8)
            return at + odd;
    }
    if (at == s.n)
        return at;
    if (s.n >= 8) /* once more with the last of those that are known */
        return s.n - 8 + odd_of_eight(s.p + s.n - 8);
    while (at < s.n && s.p[at] >= 0x20 && s.p[at] <= 0x7E)
        at++;
    return at;
}

bool
text_is_printable(struct span s)
{
    return text_plain_prefix(s) == s.n;
}

/* Not shown as they are: controls, and what hides or reorders the text around it (Unicode categories Cc, Cf,
 * Zl, Zp). */
static bool
is_shown(uint32_t point)
{
    static const uint32_t hidden[][2] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},
        {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
        {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE0FFF},
    };

    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        if (point >= hidden[i][0] && point <= hidden[i][1])
            return false;
    }
    return true;
}

static void
put_escaped(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_put_fmt(out, "\\x%02X", s.p[i]);
}

void
text_quote(struct buf *out, struct span s, size_t max)
{
    size_t at = 0;

    buf_put_byte(out, '"');
    while (at < s.n) {
        uint32_t point = 0;
        size_t n = decode(span_of(s.p + at, s.n - at), &point);
        struct span one = span_of(s.p + at, n > 0 ? n : 1);

        if (one.n > max - at)
            break;
        if (point == '\n' && n == 1)
            buf_put_str(out, "\\n");
        else if (n == 0 || !is_shown(point))
            put_escaped(out, one);
        else if (point == '"' || point == '\\')
            buf_put_fmt(out, "\\%c", (int)point);
        else
            buf_put_span(out, one);
        at += one.n;
    }
    buf_put_byte(out, '"');
    if (at < s.n)
        buf_put_str(out, "...");
}

static const char hex_digits[] = "0123456789abcdef";

void
text_hex_of(const uint8_t *p, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = hex_digits[p[i] >> 4];
        out[2 * i + 1] = hex_digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

void
text_hex(struct buf *out, struct span s)
{
    uint8_t *p = s.n <= SIZE_MAX / 2 ? buf_add(out, s.n * 2) : NULL;

    for (size_t i = 0; p != NULL && i < s.n; i++) {
        p[2 * i] = (uint8_t)hex_digits[s.p[i] >> 4];
        p[2 * i + 1] = (uint8_t)hex_digits[s.p[i] & 15];
    }
}

static int
hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int
text_unhex(struct span s, uint8_t *out, size_t out_n)
{
    if (s.n % 2 != 0 || s.n / 2 != out_n)
        return -1;
    for (size_t i = 0; i < out_n; i++) {
        int high = hex_digit(s.p[2 * i]);
        int low = hex_digit(s.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return -1;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

void
text_base64(struct buf *out, struct span s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *p = s.n <= SIZE_MAX / 2 ? buf_add(out, (s.n + 2) / 3 * 4) : NULL;

    for (size_t i = 0; p != NULL && i < s.n; i += 3, p += 4) {
        size_t left = s.n - i;
        uint32_t v = (uint32_t)s.p[i] << 16;

        v |= left > 1 ? (uint32_t)s.p[i + 1] << 8 : 0;
        v |= left > 2 ? (uint32_t)s.p[i + 2] : 0;
        p[0] = (uint8_t)digits[v >> 18];
        p[1] = (uint8_t)digits[v >> 12 & 63];
        p[2] = (uint8_t)(left > 1 ? digits[v >> 6 & 63] : '=');
        p[3] = (uint8_t)(left > 2 ? digits[v & 63] : '=');
    }
}

static int
base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Four characters, the last ${pad} of them '='. The bits that padding leaves over must be zero: one text for
 * one value. */
static int
decode_quad(const uint8_t *in, size_t pad, uint8_t *out)
{
    uint32_t v = 0;

    for (size_t i = 0; i < 4; i++) {
        int digit = i < 4 - pad ? base64_digit(in[i]) : 0;

        if (digit < 0)
            return -1;
        v = v << 6 | (uint32_t)digit;
    }
    if ((pad == 1 && (v & 0xFF) != 0) || (pad == 2 && (v & 0xFFFF) != 0))
        return -1;
    for (size_t i = 0; i < 3 - pad; i++)
        out[i] = (uint8_t)(v >> (16 - 8 * i));
    return 0;
}

int
text_unbase64(struct span s, struct buf *out)
{
    size_t start = out->n;
    size_t pad = 0;
    uint8_t *p;

    if (s.n % 4 != 0 || buf_failed(out))
        return -1;
    if (s.n > 0 && s.p[s.n - 1] == '=')
        pad = s.p[s.n - 2] == '=' ? 2 : 1;
    p = buf_add(out, s.n / 4 * 3 - pad);
    if (p == NULL)
        return -1;
    for (size_t i = 0; i < s.n; i += 4, p += 3) {
        if (decode_quad(s.p + i, i + 4 == s.n ? pad : 0, p) != 0) {
            out->n = start;
            return -1;
        }
    }
    return 0;
}

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

struct span
text_trim(struct span s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = span_of(s.p + 1, s.n - 1);
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool
text_equal_nocase(struct span a, const char *s)
{
    if (a.n != strlen(s))
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower((uint8_t)s[i]))
            return false;
    }
    return true;
}

static void
put_json_ascii(struct buf *out, uint8_t c)
{
    static const char named[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

    if (c == '"' || c == '\\')
        buf_put_fmt(out, "\\%c", c);
    else if (c < 0x20 && named[c] != 0)
        buf_put_fmt(out, "\\%c", named[c]);
    else if (c < 0x20 || c == 0x7F)
        buf_put_fmt(out, "\\u%04x", c);
    else
        buf_put_byte(out, c);
}

#define RUN_BYTES 64 /* looked at in one go, so that text full of quotes is not looked at again and again */

/* Length of the prefix that stands in a JSON string as it is. */
static size_t
same_in_json(struct span s)
{
    size_t n = text_plain_prefix(span_of(s.p, s.n < RUN_BYTES ? s.n : RUN_BYTES));
    const uint8_t *stop = memchr(s.p, '"', n);

    if (stop != NULL)
        n = (size_t)(stop - s.p);
    stop = memchr(s.p, '\\', n);
    return stop != NULL ? (size_t)(stop - s.p) : n;
}

void
text_json(struct buf *out, struct span s)
{
    size_t at = 0;

    buf_put_byte(out, '"');
    while (at < s.n) {
        uint32_t point;
        size_t same = same_in_json(span_of(s.p + at, s.n - at));
        size_t n;

        buf_put(out, s.p + at, same);
        at += same;
        if (at == s.n)
            break;
        n = decode(span_of(s.p + at, s.n - at), &point);
        if (n == 1)
            put_json_ascii(out, s.p[at]);
        else if (n == 0)
            buf_put_str(out, REPLACEMENT);
        else
            buf_put(out, s.p + at, n);
        at += n > 0 ? n : 1;
    }
    buf_put_byte(out, '"');
}

static bool
is_letter(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

bool
text_is_node_name(struct span s)
{
    if (s.n < 4 || s.n > LIMIT_NAME_BYTES || !is_letter(s.p[0]) || !is_letter(s.p[1]) || s.p[2] != '-')
        return false;
    for (size_t i = 3; i < s.n; i++) {
        if (!is_letter(s.p[i]) && !is_digit(s.p[i]) && s.p[i] != '-')
            return false;
    }
    return true;
}

bool
text_is_word(struct span s)
{
    if (s.n < 1 || s.n > LIMIT_NAME_BYTES || !is_letter(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++) {
        if (!is_letter(s.p[i]) && !is_digit(s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
            return false;
    }
    return true;
}

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours that turn ${a} into ${b} (optimal string alignment);
 * case is free. */
static unsigned
distance(struct span a, struct span b)
{
    unsigned rows[3][LIMIT_NAME_BYTES + 1];
    unsigned *before = rows[0];
    unsigned *last = rows[1];
    unsigned *row = rows[2];

    for (unsigned j = 0; j <= b.n; j++)
        last[j] = j;
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned *spare = before;

        row[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            uint8_t x = lower(a.p[i - 1]);
            uint8_t y = lower(b.p[j - 1]);

            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b.p[j - 2]) && y == lower(a.p[i - 2]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[b.n];
}

const char *
text_nearest(struct span s, const char *const *words, size_t n)
{
    const char *nearest = NULL;
    unsigned bound =
        (unsigned)((s.n + 1) / 3) + 1; /* a third of the word may be wrong: more is another word */

    if (s.n == 0 || s.n > LIMIT_NAME_BYTES)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        struct span word = span_str(words[i]);
        unsigned d;

        if (word.n > LIMIT_NAME_BYTES)
            continue;
        d = distance(s, word);
        if (d < bound && d < word.n) {
            bound = d;
            nearest = words[i];
        }
    }
    return nearest;
}
