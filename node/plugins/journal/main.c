/* parallax-plugin-journal [MIB]: what the node sees, as files of JSON lines in the plugin's folder (journal.md). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "plugins/journal/journal.h"
#include "plugins/line.h"

#define MIB_DEFAULT 256
#define MIB_MAX     1024 /* LIMIT_PLUGIN_FILE_BYTES: the kernel ends who writes more */

static int
run(struct journal *j, struct line *l)
{
    enum line_kind kind;

    while ((kind = line_wait(l, -1)) != LINE_END) {
        uint64_t number = l->record.number;
        if (kind == LINE_WRONG) {
            line_say("line %llu: %s", (unsigned long long)number, l->why.note);
            return 1;
        }
        if (journal_add(j, l->record.incarnation, number, l->record.text) != 0 ||
            (!line_has_more(l) && (journal_sync(j) != 0 || line_ack(number) != 0))) {
            line_say("%s: %s", j->name, strerror(errno));
            return 1;
        }
    }
    return l->ended ? 0 : 1;
}

int
main(int argc, char **argv)
{
    struct journal j;
    struct line l;
    int64_t mib = MIB_DEFAULT;
    int rc = 1;

    if (argc > 2 || (argc == 2 && num_int(span_str(argv[1]), 1, MIB_MAX, &mib) != 0)) {
        line_say("usage: parallax-plugin-journal [MIB]: a new file after so many MiB, 1 to %d", MIB_MAX);
        return 2;
    }
    line_init(&l, 0);
    if (journal_open(&j, ".", (uint64_t)mib << 20) == 0)
        rc = run(&j, &l);
    else
        line_say("journal: %s", strerror(errno));
    journal_close(&j);
    line_release(&l);
    return rc;
}
