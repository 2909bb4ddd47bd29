#include "types/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PART_MAX      64 /* of one object in a scope, with its NUL */
#define PART_KEPT     46 /* of an object that ends in a hash */
#define SECONDS(n)    ((int64_t)(n)*1000000)
#define HOURS(n)      SECONDS((n)*3600)
#define MINUTE_DIGITS 16 /* 2026-11-30T12:34 */

static const struct form {
    const char *kind, *scope;
    int64_t window;
    bool of_objects;
} forms[] = {
#define FORM(kind, scope, window, of_objects) {kind, scope, window, of_objects},
#include "types/event.tbl"
#undef FORM
};
#define FORMS (sizeof forms / sizeof *forms)

const char *
event_kind(struct span name)
{
    for (size_t i = 0; i < FORMS; i++) {
        if (span_is(name, forms[i].kind))
            return forms[i].kind;
    }
    return NULL;
}

const char *
event_kind_next(const char *kind)
{
    bool found = kind == NULL;

    for (size_t i = 0; i < FORMS; i++) {
        if (found && (kind == NULL || strcmp(forms[i].kind, kind) != 0))
            return forms[i].kind;
        found = found || strcmp(forms[i].kind, kind) == 0;
    }
    return NULL;
}

int64_t
event_window(const char *kind, const char *scope)
{
    for (size_t i = 0; i < FORMS; i++) {
        if (strcmp(forms[i].kind, kind) == 0 &&
            (forms[i].scope[0] == 0 || strcmp(forms[i].scope, scope) == 0))
            return forms[i].window;
    }
    return -1;
}

bool
event_is_of_objects(const char *kind)
{
    for (size_t i = 0; i < FORMS; i++) {
        if (strcmp(forms[i].kind, kind) == 0)
            return forms[i].of_objects;
    }
    return false;
}

static bool
is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':';
}

/* FNV-1a: who wants two long names to fall together gains no more than by using the other's name. */
static uint64_t
hash(const char *text)
{
    uint64_t h = 0xcbf29ce484222325;

    for (; *text != 0; text++)
        h = (h ^ (uint8_t)*text) * 0x100000001b3;
    return h;
}

static void
put_part(char out[PART_MAX], const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0, kept = 0;

    for (const char *p = text; *p != 0; p++) {
        uint8_t c = (uint8_t)*p;
        size_t takes = is_plain(c) || c == ' ' ? 1 : 3;

        if (n + takes >= PART_MAX) {
            (void)snprintf(out + kept, PART_MAX - kept, "~%016" PRIx64, hash(text));
            return;
        }
        if (takes == 1) {
            out[n] = (char)(c == ' ' ? '_' : c);
        } else {
            out[n] = '~';
            out[n + 1] = digits[c >> 4];
            out[n + 2] = digits[c & 15];
        }
        n += takes;
        kept = n <= PART_KEPT ? n : kept;
    }
    out[n] = 0;
}

void
event_scope(char out[EVENT_SCOPE_MAX], const char *a, const char *b)
{
    char first[PART_MAX] = "", second[PART_MAX] = "";

    put_part(first, a);
    if (b != NULL)
        put_part(second, b);
    if (second[0] == 0)
        (void)snprintf(out, EVENT_SCOPE_MAX, "%s", first);
    else if (strcmp(first, second) <= 0)
        (void)snprintf(out, EVENT_SCOPE_MAX, "%s+%s", first, second);
    else
        (void)snprintf(out, EVENT_SCOPE_MAX, "%s+%s", second, first);
}

size_t
event_scope_parts(const char *scope, struct span part[2])
{
    const char *plus = strchr(scope, '+');

    if (plus == NULL) {
        part[0] = span_str(scope);
        return 1;
    }
    part[0] = span_of((const uint8_t *)scope, (size_t)(plus - scope));
    part[1] = span_str(plus + 1);
    return 2;
}

void
event_id_print(const char *kind, const char *scope, struct utc at, char out[EVENT_ID_MAX])
{
    char time[UTC_TEXT_MAX];

    if (event_window(kind, scope) == 0) {
        (void)snprintf(out, EVENT_ID_MAX, "%s:%s", kind, scope);
        return;
    }
    utc_print(at, 0, time);
    (void)snprintf(out, EVENT_ID_MAX, "%s:%s@%.16sZ", kind, scope, time);
}

/* A scope as event_scope() writes it: words of plain characters, at most one `+` between two. */
static bool
is_scope(struct span s)
{
    size_t plus = 0, from = 0;

    for (size_t i = 0; i <= s.n; i++) {
        if (i < s.n && s.p[i] != '+') {
            if (!is_plain(s.p[i]) && s.p[i] != '~')
                return false;
            continue;
        }
        if (i == from || i - from >= PART_MAX)
            return false;
        from = i + 1;
        plus += i < s.n;
    }
    return plus <= 1;
}

static int
read_minute(struct span s, struct utc *out)
{
    char text[MINUTE_DIGITS + 5];

    if (s.n != MINUTE_DIGITS + 1 || s.p[MINUTE_DIGITS] != 'Z')
        return -1;
    (void)snprintf(text, sizeof text, "%.*s:00Z", MINUTE_DIGITS, (const char *)s.p);
    return strlen(text) + 1 == sizeof text && utc_parse(span_str(text), out) == 0 && !utc_is_zero(*out) ? 0
                                                                                                        : -1;
}

int
event_id_parse(struct span s, struct event_id *out)
{
    const uint8_t *colon = s.n > 0 && s.n <= LIMIT_EVENT_ID_BYTES ? memchr(s.p, ':', s.n) : NULL;
    const uint8_t *sign = colon != NULL ? memchr(colon, '@', s.n - (size_t)(colon - s.p)) : NULL;
    struct span scope;

    *out = (struct event_id){0};
    if (colon == NULL)
        return -1;
    out->kind = event_kind(span_of(s.p, (size_t)(colon - s.p)));
    scope = span_of(colon + 1, (size_t)((sign != NULL ? sign : s.p + s.n) - colon) - 1);
    if (out->kind == NULL || !is_scope(scope) || scope.n > LIMIT_EVENT_SCOPE_BYTES)
        return -1;
    memcpy(out->scope, scope.p, scope.n);
    if ((sign != NULL) != (event_window(out->kind, out->scope) > 0))
        return -1;
    return sign == NULL ? 0 : read_minute(span_of(sign + 1, s.n - (size_t)(sign - s.p) - 1), &out->at);
}

int
event_remark(struct span id, struct span issued, struct type_event *out)
{
    struct event_id event;

    if (event_id_parse(id, &event) != 0)
        return -1;
    *out = (struct type_event){.kind = event.kind, .at = event.at, .remark = true};
    memcpy(out->scope, event.scope, sizeof out->scope);
    (void)utc_parse(issued, &out->issued);
    return 0;
}
