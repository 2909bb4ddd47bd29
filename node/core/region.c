#include "core/region.h"

#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "types/outline.h"

#define QUOTED_MAX  40
#define CORNERS_MAX 512

struct reading {
    struct span text;
    struct area_list *out;
    struct why *why;
};

static int
fail(struct reading *r, struct span at, const char *expected)
{
    uint8_t bytes[4 * QUOTED_MAX + 16];
    struct buf said;

    buf_init_fixed(&said, bytes, sizeof bytes);
    if (at.n > 0)
        text_quote(&said, at, QUOTED_MAX);
    else
        buf_put_str(&said, "nothing");
    return why_set(r->why, WHY_FIELD_VALUE, 1, (uint32_t)(at.p - r->text.p) + 1, NULL, "%s: expected %s",
                   buf_cstr(&said), expected);
}

/* What stands before the next comma; ${rest} is behind it. */
static struct span
before_comma(struct span *rest)
{
    const uint8_t *comma = rest->n > 0 ? memchr(rest->p, ',', rest->n) : NULL;
    size_t n = comma != NULL ? (size_t)(comma - rest->p) : rest->n;
    struct span out = span_of(rest->p, n);

    *rest = comma != NULL ? span_of(comma + 1, rest->n - n - 1) : span_of(rest->p + n, 0);
    return out;
}

/* Numbers with commas between: exactly ${n}, each from -most to most. */
static int
take_numbers(struct reading *r, struct span text, const double *most, const char *const *expected,
             double *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct span one = before_comma(&text);

        if (num_double(text_trim(one), &out[i]) != 0 || out[i] < -most[i] || out[i] > most[i])
            return fail(r, one, expected[i]);
    }
    return text.n == 0 ? 0 : fail(r, text, "nothing more");
}

static int
take_box(struct reading *r, struct span text)
{
    static const double most[] = {360, 90, 360, 90};
    static const char *const expected[] = {
        "W of W,S,E,N: a longitude in degrees", "S of W,S,E,N: a latitude in degrees",
        "E of W,S,E,N: a longitude in degrees", "N of W,S,E,N: a latitude in degrees"};
    double at[4];

    if (take_numbers(r, text, most, expected, at, 4) != 0)
        return -1;
    if (at[1] > at[3])
        return fail(r, text, "S at most N");
    area_add_box(r->out, at[0], at[1], at[2], at[3]);
    return 0;
}

static int
take_circle(struct reading *r, struct span text)
{
    static const double most[] = {90, 360, 20037.5};
    static const char *const expected[] = {"LAT of LAT,LON,KM: a latitude in degrees",
                                           "LON of LAT,LON,KM: a longitude in degrees",
                                           "KM of LAT,LON,KM: 0 to 20037.5"};
    double at[3];

    if (take_numbers(r, text, most, expected, at, 3) != 0)
        return -1;
    if (at[2] < 0)
        return fail(r, text, "KM of LAT,LON,KM: 0 to 20037.5");
    area_add_circle(r->out, at[0], at[1], at[2]);
    return 0;
}

static int
take_polygon(struct reading *r, struct span text)
{
    struct span rest = text, word;
    struct area_corner at;
    size_t n = 0;

    while ((word = outline_word(&rest)).n > 0) {
        if (++n > CORNERS_MAX)
            return fail(r, word, "at most 512 corners");
        if (!outline_place(word, &at))
            return fail(r, word, "LAT,LON in degrees");
    }
    if (n < 3)
        return fail(r, text, "three corners or more: LAT,LON LAT,LON LAT,LON");
    (void)outline_pairs(r->out, text, true);
    return 0;
}

static const struct {
    const char *word;
    int (*take)(struct reading *r, struct span text);
} shapes[] = {{"box:", take_box}, {"circle:", take_circle}, {"polygon:", take_polygon}};

static int
take_shape(struct reading *r, struct span text)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t n = strlen(shapes[i].word);

        if (text.n >= n && memcmp(text.p, shapes[i].word, n) == 0)
            return shapes[i].take(r, span_of(text.p + n, text.n - n));
    }
    return fail(r, text, "box:W,S,E,N, circle:LAT,LON,KM or polygon:LAT,LON LAT,LON LAT,LON");
}

int
region_read(struct span text, struct area_list *out, struct why *why)
{
    struct reading r = {text, out, why};
    struct span rest = text;

    if (text.n > LIMIT_REGION_BYTES)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, NULL, "a region of %zu bytes: expected at most %d", text.n,
                       LIMIT_REGION_BYTES);
    for (bool more = true; more;) {
        const uint8_t *end = rest.n > 0 ? memchr(rest.p, ';', rest.n) : NULL;
        size_t n = end != NULL ? (size_t)(end - rest.p) : rest.n;

        if (take_shape(&r, text_trim(span_of(rest.p, n))) != 0)
            return -1;
        more = end != NULL;
        if (more)
            rest = span_of(end + 1, rest.n - n - 1);
    }
    return out->failed ? why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "no memory for the region") : 0;
}
