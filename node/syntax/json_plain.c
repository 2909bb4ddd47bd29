#include "syntax/json_plain.h"

#include <endian.h>

#include "base/buf.h"
#include "base/limit.h"

struct reading {
    const uint8_t *start;
    const uint8_t *p;
    const uint8_t *end;
    const uint8_t *line_start;
    uint32_t line;
    json_event_fn *fn;
    void *cookie;
    struct why *why;
    size_t told;
    unsigned depth;
    bool is_array[LIMIT_JSON_DEPTH_COUNT];
    bool has_key;
    struct span key;
    struct place key_place;
    struct buf decoded; /* a string with escapes */
    struct buf decoded_key;
};

/* Does it stand in a string as it is? */
static bool
is_usual(uint8_t c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * Behind what stands in a string as it is, eight bytes at a time. A borrow may mark a byte wrongly, but only behind one that is marked
 * rightly.
 */
static const uint8_t *
behind_usual(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t word, quote, slash, stop;

        memcpy(&word, p, 8);
        word = le64toh(word);
        quote = word ^ EACH('"');
        slash = word ^ EACH('\\');
        stop = (((word - EACH(0x20)) & ~word) | ((quote - EACH(1)) & ~quote) | ((slash - EACH(1)) & ~slash)) &
               EACH(0x80);
        if (stop != 0)
            return p + __builtin_ctzll(stop) / 8;
    }
    while (p < end && is_usual(*p))
        p++;
    return p;
}

static void
skip_blanks(struct reading *r)
{
    for (; r->p < r->end; r->p++) {
        if (*r->p == ' ' || *r->p == '\t')
            continue;
        if (*r->p != '\n' && *r->p != '\r')
            return;
        if (*r->p == '\r' && r->p + 1 < r->end && r->p[1] == '\n')
            continue; /* the LF counts */
        r->line++;
        r->line_start = r->p + 1;
    }
}

static uint8_t
peek(const struct reading *r)
{
    return r->p < r->end ? *r->p : 0;
}

static struct place
place_at(const struct reading *r, const uint8_t *p)
{
    return (struct place){r->line, (uint32_t)(p - r->line_start) + 1};
}

/* The token from ${from} to ${r}->p. */
static enum json_plain
tell(struct reading *r, enum json_kind kind, const uint8_t *from, struct span text)
{
    struct json_event event = {
        .kind = kind, .depth = r->depth, .text = text, .raw = span_of(from, (size_t)(r->p - from))};

    event.place = event.key_place = place_at(r, from);
    if (r->has_key) {
        event.key = r->key;
        event.key_place = r->key_place;
    }
    r->has_key = false;
    r->told++;
    return r->fn(r->cookie, &event, r->why) == 0 ? JSON_PLAIN_DONE : JSON_PLAIN_STOPPED;
}

/* The byte that `\` and ${c} stand for; 0: no plain escape. */
static uint8_t
escaped(uint8_t c)
{
    static const uint8_t bytes[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                       ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};

    return bytes[c];
}

/* A string that has a `\` at ${r}->p, its quote stands before ${from}. */
static bool
take_escapes(struct reading *r, const uint8_t *from, struct buf *decoded, struct span *out)
{
    buf_clear(decoded);
    while (peek(r) == '\\') {
        uint8_t c = r->p + 1 < r->end ? escaped(r->p[1]) : 0;

        if (c == 0)
            return false;
        buf_put(decoded, from, (size_t)(r->p - from));
        buf_put_byte(decoded, c);
        from = r->p += 2;
        r->p = behind_usual(r->p, r->end);
    }
    buf_put(decoded, from, (size_t)(r->p - from));
    *out = buf_span(decoded);
    return peek(r) == '"' && !buf_failed(decoded);
}

/* A string at ${r}->p, decoded. */
static bool
take_string(struct reading *r, struct buf *decoded, struct span *out)
{
    const uint8_t *from = ++r->p;

    r->p = behind_usual(from, r->end);
    if (peek(r) == '"')
        *out = span_of(from, (size_t)(r->p - from));
    else if (!take_escapes(r, from, decoded, out))
        return false;
    r->p++;
    return out->n <= LIMIT_VALUE_BYTES;
}

static bool
take_digits(struct reading *r)
{
    const uint8_t *from = r->p;

    while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
        r->p++;
    return r->p > from;
}

/* RFC 8259 section 6. */
static bool
take_number(struct reading *r)
{
    const uint8_t *from;

    r->p += peek(r) == '-';
    from = r->p;
    if (!take_digits(r) || (*from == '0' && r->p - from > 1))
        return false;
    if (peek(r) == '.') {
        r->p++;
        if (!take_digits(r))
            return false;
    }
    if (peek(r) != 'e' && peek(r) != 'E')
        return true;
    r->p++;
    r->p += peek(r) == '-' || peek(r) == '+';
    return take_digits(r);
}

static bool
take_word(struct reading *r, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
        return false;
    r->p += n;
    return true;
}

/* `{` or `[` at ${r}->p. */
static enum json_plain
begin(struct reading *r)
{
    const uint8_t *from = r->p;
    bool is_array = *from == '[';
    enum json_plain rc;

    if (r->depth == LIMIT_JSON_DEPTH_COUNT)
        return JSON_PLAIN_OTHER;
    r->p++;
    rc = tell(r, is_array ? JSON_ARRAY : JSON_OBJECT, from, span_of(NULL, 0));
    r->is_array[r->depth++] = is_array;
    return rc;
}

/* `}` or `]` at ${r}->p, if it is the right one. */
static enum json_plain
end(struct reading *r)
{
    bool is_array = r->is_array[r->depth - 1];
    const uint8_t *from = r->p;

    if (peek(r) != (is_array ? ']' : '}'))
        return JSON_PLAIN_OTHER;
    r->p++;
    r->depth--;
    return tell(r, is_array ? JSON_ARRAY_END : JSON_OBJECT_END, from, span_of(NULL, 0));
}

/* A value that is neither object nor array. */
static enum json_plain
take_scalar(struct reading *r)
{
    const uint8_t *from = r->p;
    struct span text;

    if (peek(r) == '"')
        return take_string(r, &r->decoded, &text) ? tell(r, JSON_STRING, from, text) : JSON_PLAIN_OTHER;
    if (take_word(r, "true") || take_word(r, "false"))
        return tell(r, JSON_BOOL, from, span_of(from, (size_t)(r->p - from)));
    if (take_word(r, "null"))
        return tell(r, JSON_NULL, from, span_of(NULL, 0));
    /* At the end of the input it may be half a number: yajl does not tell it. */
    if (!take_number(r) || r->p == r->end || r->p - from > LIMIT_VALUE_BYTES)
        return JSON_PLAIN_OTHER;
    return tell(r, JSON_NUMBER, from, span_of(from, (size_t)(r->p - from)));
}

/* "name": */
static bool
take_key(struct reading *r)
{
    r->key_place = place_at(r, r->p);
    if (peek(r) != '"' || !take_string(r, &r->decoded_key, &r->key))
        return false;
    skip_blanks(r);
    if (peek(r) != ':')
        return false;
    r->p++;
    skip_blanks(r);
    return r->has_key = true;
}

/* What ends after a value: the arrays and objects around it, up to a comma. */
static enum json_plain
take_ends(struct reading *r)
{
    enum json_plain rc = JSON_PLAIN_DONE;

    while (rc == JSON_PLAIN_DONE && r->depth > 0) {
        skip_blanks(r);
        if (peek(r) == ',') {
            r->p++;
            skip_blanks(r);
            return JSON_PLAIN_DONE;
        }
        rc = end(r);
    }
    return rc;
}

/* One object or array; a number or a word of its own may run into the next value, which yajl has to judge. */
static enum json_plain
take_value(struct reading *r)
{
    enum json_plain rc;

    do {
        bool is_nest;

        if (r->depth > 0 && !r->is_array[r->depth - 1] && !take_key(r))
            return JSON_PLAIN_OTHER;
        is_nest = peek(r) == '{' || peek(r) == '[';
        if (r->depth == 0 && !is_nest)
            return JSON_PLAIN_OTHER;
        rc = is_nest ? begin(r) : take_scalar(r);
        if (rc != JSON_PLAIN_DONE)
            return rc;
        skip_blanks(r);
        if (!is_nest || peek(r) == ']' || peek(r) == '}')
            rc = take_ends(r);
    } while (rc == JSON_PLAIN_DONE && r->depth > 0);
    return rc;
}

enum json_plain
json_plain_read(struct span input, json_event_fn *fn, void *cookie, struct why *why, size_t *told)
{
    struct reading r = {.start = input.p,
                        .p = input.p,
                        .end = input.p + input.n,
                        .line_start = input.p,
                        .line = 1,
                        .fn = fn,
                        .cookie = cookie,
                        .why = why};
    enum json_plain rc;

    buf_init(&r.decoded, LIMIT_VALUE_BYTES);
    buf_init(&r.decoded_key, LIMIT_VALUE_BYTES);
    do {
        skip_blanks(&r);
        rc = take_value(&r);
        skip_blanks(&r);
    } while (rc == JSON_PLAIN_DONE && r.p < r.end);
    buf_release(&r.decoded);
    buf_release(&r.decoded_key);
    *told = r.told;
    return rc;
}
