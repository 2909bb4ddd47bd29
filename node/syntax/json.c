#include "syntax/json.h"

#include <yajl/yajl_parse.h>

#include "base/buf.h"
#include "base/limit.h"
#include "base/text.h"
#include "syntax/json_plain.h"

#define BOM "\xEF\xBB\xBF"

struct walk {
    struct span input;
    yajl_handle handle;
    json_event_fn *fn;
    void *cookie;
    struct why *why;
    size_t value_max; /* bytes */
    struct places places;
    size_t told;      /* events that have been told already: those are passed over */
    size_t token_end; /* of the last token */
    unsigned depth;
    struct buf key;
    bool has_key;
    struct place key_place;
};

static bool
separates(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ':' || c == ',';
}

/* The token that yajl speaks of: from behind the last one and what separates, to where yajl stands. */
static struct span
take_token(struct walk *w)
{
    size_t end = yajl_get_bytes_consumed(w->handle);
    size_t start = w->token_end;

    if (end > w->input.n)
        end = w->input.n;
    while (start < end && separates(w->input.p[start]))
        start++;
    w->token_end = end;
    return span_of(w->input.p + start, end - start);
}

static unsigned
hex_value(uint8_t c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* The number of the escape \uXXXX at ${at} of a token that yajl found well-formed; 0x10000 if none stands there. */
static unsigned
escape_at(struct span token, size_t at)
{
    unsigned value = 0;

    if (at + 6 > token.n || token.p[at] != '\\' || token.p[at + 1] != 'u')
        return 0x10000;
    for (size_t i = at + 2; i < at + 6; i++)
        value = value << 4 | hex_value(token.p[i]);
    return value;
}

/* yajl makes something of any two surrogates and of half a pair: here both halves have to be there, in their order. */
static bool
has_whole_pairs(struct span token)
{
    if (memchr(token.p, '\\', token.n) == NULL)
        return true;
    for (size_t i = 0; i < token.n; i++) {
        unsigned value;

        if (token.p[i] != '\\')
            continue;
        value = escape_at(token, i);
        if (value >= 0xDC00 && value < 0xE000)
            return false;
        if (value >= 0xD800 && value < 0xDC00) {
            value = escape_at(token, i + 6);
            if (value < 0xDC00 || value >= 0xE000)
                return false;
            i += 6;
        }
        i += escape_at(token, i) < 0x10000 ? 5 : 1;
    }
    return true;
}

static int
refuse_pair(struct walk *w, struct place place)
{
    why_set(w->why, WHY_TEXT_ENCODING, place.line, place.column, NULL,
            "half a surrogate pair: expected both halves");
    return 0;
}

/* Returns what yajl wants: 1 to go on. */
static int
tell(struct walk *w, enum json_kind kind, struct span text, bool ends)
{
    struct json_event event = {.kind = kind, .text = text, .raw = take_token(w), .depth = w->depth};

    event.place = place_of(&w->places, (size_t)(event.raw.p - w->input.p));
    event.key_place = event.place;
    if (w->has_key && !ends) {
        event.key = span_of(w->key.p != NULL ? w->key.p : (const uint8_t *)"", w->key.n);
        event.key_place = w->key_place;
    }
    w->has_key = false;
    if (kind == JSON_STRING && !has_whole_pairs(event.raw))
        return refuse_pair(w, event.place);
    if (text.n > w->value_max) {
        why_set(w->why, WHY_TEXT_LIMIT, event.place.line, event.place.column, NULL,
                "a value is longer than %zu bytes", w->value_max);
        return 0;
    }
    if (w->told > 0) {
        w->told--;
        return 1;
    }
    return w->fn(w->cookie, &event, w->why) == 0;
}

static int
on_null(void *cookie)
{
    return tell(cookie, JSON_NULL, span_of(NULL, 0), false);
}

static int
on_boolean(void *cookie, int value)
{
    return tell(cookie, JSON_BOOL, span_str(value ? "true" : "false"), false);
}

static int
on_number(void *cookie, const char *text, size_t n)
{
    return tell(cookie, JSON_NUMBER, span_of(text, n), false);
}

static int
on_string(void *cookie, const unsigned char *text, size_t n)
{
    return tell(cookie, JSON_STRING, span_of(text, n), false);
}

static int
on_key(void *cookie, const unsigned char *text, size_t n)
{
    struct walk *w = cookie;
    struct span token = take_token(w);

    w->key_place = place_of(&w->places, (size_t)(token.p - w->input.p));
    if (!has_whole_pairs(token))
        return refuse_pair(w, w->key_place);
    buf_clear(&w->key);
    buf_put(&w->key, text, n);
    w->has_key = true;
    if (buf_failed(&w->key)) {
        why_set(w->why, WHY_TEXT_LIMIT, w->key_place.line, w->key_place.column, NULL,
                "a member name is longer than %d bytes", LIMIT_VALUE_BYTES);
        return 0;
    }
    return 1;
}

static int
open_level(struct walk *w, enum json_kind kind)
{
    if (w->depth == LIMIT_JSON_DEPTH_COUNT) {
        struct span token = take_token(w);
        struct place place = place_of(&w->places, (size_t)(token.p - w->input.p));

        why_set(w->why, WHY_TEXT_LIMIT, place.line, place.column, NULL, "nested deeper than %d",
                LIMIT_JSON_DEPTH_COUNT);
        return 0;
    }
    if (!tell(w, kind, span_of(NULL, 0), false))
        return 0;
    w->depth++;
    return 1;
}

static int
on_object(void *cookie)
{
    return open_level(cookie, JSON_OBJECT);
}

static int
on_array(void *cookie)
{
    return open_level(cookie, JSON_ARRAY);
}

static int
on_object_end(void *cookie)
{
    struct walk *w = cookie;

    w->depth--;
    return tell(w, JSON_OBJECT_END, span_of(NULL, 0), true);
}

static int
on_array_end(void *cookie)
{
    struct walk *w = cookie;

    w->depth--;
    return tell(w, JSON_ARRAY_END, span_of(NULL, 0), true);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_object_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_array_end,
};

/* The syntax error that yajl found, in its words, where it stands. */
static int
fail(struct walk *w, size_t at)
{
    struct place place = place_of(&w->places, at);
    unsigned char *text = yajl_get_error(w->handle, 0, NULL, 0);
    struct span words = text_trim(span_str(text != NULL ? (const char *)text : "not JSON"));

    while (words.n > 0 && words.p[words.n - 1] == '\n')
        words.n--;
    why_set(w->why, WHY_TEXT_SYNTAX, place.line, place.column, NULL, "%.*s", (int)words.n,
            (const char *)words.p);
    if (text != NULL)
        yajl_free_error(w->handle, text);
    return -1;
}

static int
run(struct walk *w)
{
    yajl_status status = yajl_parse(w->handle, w->input.p, w->input.n);

    if (status == yajl_status_error)
        return fail(w, yajl_get_bytes_consumed(w->handle));
    if (status == yajl_status_ok && yajl_complete_parse(w->handle) == yajl_status_error)
        return fail(w, w->input.n);
    return w->why->code == WHY_NONE ? 0 : -1;
}

/* ${is_short}: the short way first, as far as it goes. */
static int
read_all(struct span input, bool is_short, size_t value_max, json_event_fn *fn, void *cookie, struct why *why)
{
    enum json_plain plain = JSON_PLAIN_OTHER;
    struct walk w = {.fn = fn, .cookie = cookie, .why = why, .input = input, .value_max = value_max};
    size_t prefix = text_utf8_prefix(input);
    int rc;

    place_init(&w.places, input);
    if (prefix < input.n) {
        struct place place = place_of(&w.places, prefix);

        return why_set(why, WHY_TEXT_ENCODING, place.line, place.column, NULL,
                       "the byte 0x%02X is not UTF-8: expected UTF-8 text", input.p[prefix]);
    }
    if (input.n >= 3 && memcmp(input.p, BOM, 3) == 0)
        w.input = span_of(input.p + 3, input.n - 3);
    if (is_short)
        plain = json_plain_read(w.input, fn, cookie, why, &w.told);
    if (plain != JSON_PLAIN_OTHER)
        return plain == JSON_PLAIN_DONE ? 0 : -1;
    place_init(&w.places, w.input);
    buf_init(&w.key, LIMIT_VALUE_BYTES);
    w.handle = yajl_alloc(&callbacks, NULL, &w);
    if (w.handle == NULL)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, NULL, "out of memory");
    yajl_config(w.handle, yajl_allow_multiple_values, 1);
    yajl_config(w.handle, yajl_dont_validate_strings, 1); /* done above, with a better place */
    rc = run(&w);
    yajl_free(w.handle);
    buf_release(&w.key);
    return rc;
}

int
json_read(struct span input, json_event_fn *fn, void *cookie, struct why *why)
{
    return read_all(input, true, LIMIT_VALUE_BYTES, fn, cookie, why);
}

int
json_read_yajl(struct span input, json_event_fn *fn, void *cookie, struct why *why)
{
    return read_all(input, false, LIMIT_VALUE_BYTES, fn, cookie, why);
}

int
json_read_long(struct span input, size_t value_max, json_event_fn *fn, void *cookie, struct why *why)
{
    return read_all(input, false, value_max, fn, cookie, why);
}

bool
json_is_likely(struct span head)
{
    size_t at = head.n >= 3 && memcmp(head.p, BOM, 3) == 0 ? 3 : 0;

    while (at < head.n &&
           (head.p[at] == ' ' || head.p[at] == '\t' || head.p[at] == '\r' || head.p[at] == '\n'))
        at++;
    return at < head.n && (head.p[at] == '{' || head.p[at] == '[');
}

bool
json_has_key(struct span head, const char *key)
{
    size_t n = strlen(key);

    for (size_t at = 0; at + n + 2 <= head.n; at++) {
        if (head.p[at] == '"' && head.p[at + n + 1] == '"' && memcmp(head.p + at + 1, key, n) == 0)
            return true;
    }
    return false;
}
