#include "syntax/xml_latin.h"

#include "base/text.h"

/* 0x80 to 0x9F of windows-1252; 0: not defined. */
static const uint16_t windows[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                     0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                     0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                     0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

static bool
is_windows(struct span encoding)
{
    return text_equal_nocase(encoding, "windows-1252") || text_equal_nocase(encoding, "cp1252");
}

bool
xml_latin_is(struct span encoding)
{
    return is_windows(encoding) || text_equal_nocase(encoding, "ISO-8859-1") ||
           text_equal_nocase(encoding, "latin1");
}

static void
put_character(struct buf *out, unsigned c)
{
    if (c >= 0x800)
        buf_put_byte(out, (uint8_t)(0xE0 | c >> 12));
    buf_put_byte(out, (uint8_t)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3F) : 0xC0 | c >> 6));
    buf_put_byte(out, (uint8_t)(0x80 | (c & 0x3F)));
}

size_t
xml_latin_put(struct span input, struct span encoding, struct buf *out)
{
    size_t name = (size_t)(encoding.p - input.p);
    size_t start;

    buf_put(out, input.p, name);
    buf_put_str(out, "UTF-8");
    buf_put(out, encoding.p + encoding.n, 1); /* its quote */
    for (size_t i = strlen("UTF-8"); i < encoding.n; i++)
        buf_put_byte(out, ' ');
    start = name + encoding.n + 1;
    for (size_t i = start; i < input.n; i++) {
        unsigned c = input.p[i];

        if (c < 0x80)
            continue;
        if (c < 0xA0)
            c = is_windows(encoding) ? windows[c - 0x80] : 0;
        if (c == 0)
            return i;
        buf_put(out, input.p + start, i - start);
        put_character(out, c);
        start = i + 1;
    }
    buf_put(out, input.p + start, input.n - start);
    return input.n;
}

size_t
xml_latin_offset(struct xml_latin_back *b, size_t offset)
{
    for (; b->at < offset && b->at < b->text.n; b->at++)
        b->added += (b->text.p[b->at] & 0xC0) == 0x80;
    return offset - b->added;
}
