/*
 * The geometry of a STAC item (RFC 7946), or its bbox where it has none: places, lines, and the outer rings of polygons; holes are left out. Its edges are as their longitudes say, but for an item whose bbox goes
 * across the antimeridian (west above east, section 5.2): there many do not cut their polygons as section 3.1.9 asks, and an edge goes the shorter way.
 */
#include "types/imagery/imagery_place.h"

#include "base/num.h"
#include "syntax/json.h"

#define RINGS_DEPTH 8

struct walk {
    struct area_list *out;
    bool is_short, are_points, are_rings;
    bool in_coordinates;
    double at[2];
    unsigned depth, numbers;      /* of the array that is open; in a place */
    bool has_corner[RINGS_DEPTH]; /* at each depth: a place has been */
    unsigned lines[RINGS_DEPTH];  /* ... and so many lines or rings */
};

static struct span
member(const Parallax__V1__Imagery *m, const char *name)
{
    for (size_t i = 0; i < m->n_members; i++) {
        if (strcmp(m->members[i]->name, name) == 0)
            return span_str(m->members[i]->value);
    }
    return span_of(NULL, 0);
}

static bool
says(struct span value, const char *word)
{
    return value.n > 0 && memmem(value.p, value.n, word, strlen(word)) != NULL;
}

/* A place is complete: of its own, or the next corner of the line around it. */
static void
end_place(struct walk *w)
{
    bool is_alone = w->depth == 0 || w->are_points;

    if (w->numbers < 2)
        return;
    if (is_alone) {
        area_add_circle(w->out, w->at[1], w->at[0], 0);
        return;
    }
    if (!w->has_corner[w->depth - 1])
        area_begin(w->out, w->is_short);
    w->has_corner[w->depth - 1] = true;
    area_corner(w->out, w->at[1], w->at[0]);
}

/* A line or ring is complete; of a polygon's rings the first is the outer one. */
static void
end_line(struct walk *w)
{
    unsigned before = w->depth > 0 ? w->lines[w->depth - 1]++ : 0;

    if (!w->are_rings || before == 0)
        area_end(w->out, w->are_rings);
}

static int
on_coordinates(void *cookie, const struct json_event *e, struct why *why)
{
    struct walk *w = cookie;

    (void)why;
    if (e->kind == JSON_ARRAY && (w->in_coordinates || span_is(e->key, "coordinates"))) {
        w->depth = w->in_coordinates ? w->depth + 1 : 0;
        w->in_coordinates = true;
        w->numbers = 0;
        if (w->depth >= RINGS_DEPTH)
            return -1;
        w->has_corner[w->depth] = false;
        w->lines[w->depth] = 0;
    } else if (w->in_coordinates && e->kind == JSON_NUMBER) {
        if (w->numbers < 2 && num_double(e->text, &w->at[w->numbers]) != 0)
            return -1;
        w->numbers++;
    } else if (w->in_coordinates && e->kind == JSON_ARRAY_END) {
        if (w->numbers > 0)
            end_place(w);
        else if (w->has_corner[w->depth])
            end_line(w);
        w->numbers = 0;
        w->in_coordinates = w->depth > 0;
        w->depth = w->depth > 0 ? w->depth - 1 : 0;
    }
    return 0;
}

/* bbox, which has no blanks in it: west, south, (low,) east, north (, high). */
static bool
read_bbox(struct span text, double at[4])
{
    double number[6];
    size_t n = 0, from = 1, to;

    for (; from < text.n && n < 6; from = to + 1) {
        for (to = from; to < text.n && text.p[to] != ',' && text.p[to] != ']';)
            to++;
        if (num_double(span_of(text.p + from, to - from), &number[n++]) != 0)
            return false;
    }
    for (size_t i = 0; i < 2 && n >= 4; i++) {
        at[i] = number[i];
        at[2 + i] = number[n / 2 + i];
    }
    return n == 4 || n == 6;
}

void
imagery_places(const ProtobufCMessage *msg, struct area_list *out)
{
    const Parallax__V1__Imagery *m = (const Parallax__V1__Imagery *)msg;
    struct span geometry = member(m, "geometry");
    double bbox[4];
    bool has_bbox = read_bbox(member(m, "bbox"), bbox);
    struct walk w = {.out = out,
                     .is_short = has_bbox && bbox[0] > bbox[2],
                     .are_points = says(geometry, "\"MultiPoint\""),
                     .are_rings = says(geometry, "Polygon\"")};
    struct why why;

    why_clear(&why);
    if (says(geometry, "\"coordinates\""))
        (void)json_read(geometry, on_coordinates, &w, &why);
    else if (has_bbox)
        area_add_box(out, bbox[0], bbox[1], bbox[2], bbox[3]);
}
