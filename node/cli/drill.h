/*
 * A drill as config/exercises has it (docs/exercises.md): what each nation does when, and what is expected of whom until when. Times are hours of the drill, counted from its start.
 * Pure: bytes in, a tree out.
 */
#ifndef CLI_DRILL_H
#define CLI_DRILL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limit.h"
#include "base/utc.h"
#include "base/why.h"

#define DRILL_STEP_COUNT   256
#define DRILL_EXPECT_COUNT 256
#define DRILL_FIELD_COUNT  16
#define DRILL_OBJECT_COUNT 16

enum drill_do { DRILL_PUBLISH, DRILL_CONSULT, DRILL_ACK };

struct drill_field {
    const char *keyword, *value;
};

struct drill_step {
    double at_h;
    const char *by;  /* node */
    const char *say; /* for people */
    enum drill_do act;
    const char *word;  /* of a publication: its format; of a consultation: its act; of a receipt: who */
    const char *event; /* of the others */
    const char *text;  /* of a publication */
    struct drill_field field[DRILL_FIELD_COUNT];
    size_t fields;
    uint32_t line;
};

enum drill_see { DRILL_SEE_ALERT, DRILL_SEE_CONSULT, DRILL_SEE_ACK };

struct drill_expect {
    double from_h, by_h; /* made not before, and not after */
    const char *of;      /* node */
    const char *say;
    enum drill_see see;
    const char *word;          /* rule, act, or event */
    const char *state, *level; /* of an alert; NULL: any */
    const char *event;         /* of a consultation and a receipt */
    uint32_t line;
};

struct drill {
    const char *id, *title;
    const char *nation[LIMIT_MEMBER_COUNT];
    size_t nations;
    const char *object[DRILL_OBJECT_COUNT]; /* canonical ids: of none of them may there be a real word */
    size_t objects;
    struct drill_step step[DRILL_STEP_COUNT]; /* in the order of their times */
    size_t steps;
    struct drill_expect expect[DRILL_EXPECT_COUNT];
    size_t expects;
    double end_h; /* of the last of all */
};

/*
 * Read ${text} for a drill that starts at ${start}: in every value {{T+72h}} is that time of it as 2032-02-12T02:09:00, {{t+72h}} with a blank for the T, {{M+72h}} without its
 * seconds. NULL with ${why} and its place; the drill lives in ${a}.
 */
const struct drill *drill_read(struct span text, struct utc start, struct arena *a, struct why *why);

#endif
