/* What became of what a drill expects: read from the records of the drill that a node holds, so that every node's people see the same. */
#ifndef CLI_SCORECARD_H
#define CLI_SCORECARD_H

#include "cli/client.h"
#include "cli/drill.h"
#include "core/record.h"

/* By how much a word may come later than the drill says: the time that machines take, which does not run faster when a drill does. */
#define SCORECARD_GRACE_MS 30000

struct score {
    bool is_there;
    bool is_late;
    int64_t at_ms; /* after the start, by the clock of whoever made it */
    char record[RECORD_ID_TEXT_MAX];
    char what[160]; /* who it was, or what it said */
};

struct scorecard {
    const struct drill *drill;
    struct utc start;
    double speed;                           /* drill hours an hour */
    struct score score[DRILL_EXPECT_COUNT]; /* one an expectation */
    size_t met;
    uint64_t real; /* objects of the drill of which there is a REAL word */
};

/* Look at what the node holds. EXIT_DONE, or the exit code after saying what is wrong. */
int scorecard_read(struct scorecard *s, struct client *c);
/* For people, or one JSON document. */
void scorecard_print(const struct scorecard *s, bool json);
/* When the last of it has to be there, milliseconds after the start. */
int64_t scorecard_end_ms(const struct scorecard *s);

#endif
