/* Space-Track TIP rows: decay messages, which say less than an RDM. */
#include <stddef.h>

#include "syntax/json.h"
#include "types/csvmap.h"
#include "types/jsonmap.h"
#include "types/reentry/reentry_map.h"

static const struct field_block blocks[] = {{.name = "data"}};

#define ROW(keyword, member, kind, flags, unit, min, max, words)                                             \
    {                                                                                                        \
        keyword, unit, min, max, words, NULL, offsetof(Parallax__V1__Reentry, member), kind, 0, flags        \
    }

/* clang-format off: one row a line */
static const struct field fields[] = {
    ROW("FORM", form, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "tip"),
    ROW("NORAD_CAT_ID", norad_cat_id, FIELD_INT, FIELD_MUST, NULL, "1", "999999999", NULL),
    ROW("MSG_EPOCH", msg_epoch, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL),
    ROW("INSERT_EPOCH", insert_epoch, FIELD_TIME, 0, NULL, NULL, NULL, NULL),
    ROW("DECAY_EPOCH", decay_epoch, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL),
    ROW("WINDOW", window, FIELD_REAL, 0, "min", "0", NULL, NULL),
    ROW("REV", rev, FIELD_INT, 0, NULL, "0", NULL, NULL),
    ROW("DIRECTION", direction, FIELD_WORD, FIELD_OPEN, NULL, NULL, NULL, "ascending|descending"),
    ROW("LAT", lat, FIELD_REAL, 0, "deg", "-90", "90", NULL),
    ROW("LON", lon, FIELD_REAL, 0, "deg", "-180", "360", NULL),
    ROW("INCL", incl, FIELD_REAL, 0, "deg", "0", "180", NULL),
    ROW("NEXT_REPORT", next_report, FIELD_REAL, 0, "h", NULL, NULL, NULL),
    ROW("ID", id, FIELD_INT, 0, NULL, NULL, NULL, NULL),
    ROW("HIGH_INTEREST", high_interest, FIELD_WORD, 0, NULL, NULL, NULL, "Y|N"),
    ROW("OBJECT_NUMBER", object_number, FIELD_INT, 0, NULL, NULL, NULL, NULL),
};
/* clang-format on */

const struct fieldmap reentry_tip_map = {
    .field = fields,
    .count = sizeof fields / sizeof *fields,
    .block = blocks,
    .block_count = 1,
    .part = {{.schema = &parallax__v1__reentry__descriptor,
              .n_extras = offsetof(Parallax__V1__Reentry, n_user_defined),
              .extras = offsetof(Parallax__V1__Reentry, user_defined)}},
    .source = offsetof(Parallax__V1__Reentry, source),
};

static const struct fill_default implied[] = {{"FORM", "tip"}, {NULL, NULL}};

/* Rows of the class `decay` look alike, and say the day on which an object came down, not when it will: they are no TIP. */
static int
probe_json(struct span head)
{
    return json_is_likely(head) && json_has_key(head, "DECAY_EPOCH") && json_has_key(head, "MSG_EPOCH") &&
                   !json_has_key(head, "MSG_TYPE") && !json_has_key(head, "PRECEDENCE")
               ? 96
               : 0;
}

static int
read_json(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
          struct why *why)
{
    return jsonmap_read_list(&reentry_tip_map, "data", "tip-json", implied, input, how, a, emit, cookie, why);
}

static int
probe_csv(struct span head)
{
    static const char *const must[] = {"DECAY_EPOCH", "MSG_EPOCH", "WINDOW"};

    return csvmap_has(head, must, sizeof must / sizeof *must) ? 96 : 0;
}

static int
read_csv(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return csvmap_read(&reentry_tip_map, "tip-csv", implied, input, how, a, emit, cookie, why);
}

const struct reader reentry_tip_json_reader = {
    "tip-json", "application/json", "Space-Track TIP rows as JSON", LIMIT_INPUT_BYTES, probe_json, read_json};
const struct reader reentry_tip_csv_reader = {"tip-csv",          "text/csv", "Space-Track TIP rows as CSV",
                                              LIMIT_STREAM_BYTES, probe_csv,  read_csv};
