/*
 * One record as an alert for everybody: the bytes of its CAP file, what an entry of a feed says of it, and what it takes the place of. Pure.
 */
#ifndef PLUGINS_CAP_ATOM_ITEM_H
#define PLUGINS_CAP_ATOM_ITEM_H

#include "base/utc.h"
#include "crypt/hash.h"
#include "plugins/line.h"

#define ITEM_ID_MAX       64 /* a record id: 32 hex digits, ':', 20 digits */
#define ITEM_ORIGIN_MAX   65
#define ITEM_TITLE_MAX    256
#define ITEM_SUMMARY_MAX  1024
#define ITEM_LANGUAGE_MAX 36
#define ITEM_REFS_MAX     32 /* more in one alert are not looked at */

struct item_options {
    const char *audiences; /* words with blanks between: of records that may be shown to everybody */
    const char *onward;    /* onward rules that allow it, one text; "" = records with any rule stay out */
    const char *languages; /* preferred first: "fr en" */
    bool drills;           /* those, too, in a feed of their own */
};

struct item {
    char id[ITEM_ID_MAX], origin[ITEM_ORIGIN_MAX];
    uint8_t key[HASH_BYTES]; /* of the same key the newest stands: type, subject, drill or not */
    uint8_t name[2]
                [HASH_BYTES]; /* by which others refer to it: its record id, its CAP sender and identifier */
    uint8_t refs[ITEM_REFS_MAX][HASH_BYTES]; /* names of what it takes the place of */
    size_t refs_n;
    struct utc epoch, created; /* which of one key is the newest */
    struct utc updated;        /* when it was sent, or received where that is earlier */
    struct utc expires;        /* zero: it does not say */
    struct utc opens;          /* its embargo ends; zero: it has none */
    bool drill;                /* CAP status Exercise or Test */
    bool filed;                /* by who keeps it: its CAP file is there */
    bool entry;                /* false: it only withdraws others */
    char title[ITEM_TITLE_MAX], summary[ITEM_SUMMARY_MAX], author[ITEM_TITLE_MAX];
    char language[ITEM_LANGUAGE_MAX]; /* of title and summary */
};

/*
 * Read ${r}. 1 with ${out} and its CAP file in ${cap} (empty where it has no entry); 0: it is none that may be shown, and ${why} says so (code WHY_NONE: it is none
 * of these types); -1 only when memory is short.
 */
int item_read(const struct line_record *r, const struct item_options *o, struct item *out, struct buf *cap,
              struct why *why);

/* Does ${a} stand where both are of one key? */
bool item_is_newer(const struct item *a, const struct item *b);
/* Does ${by} take the place of ${a}? Of one origin only: nobody speaks for another. */
bool item_is_replaced(const struct item *a, const struct item *by);

#endif
