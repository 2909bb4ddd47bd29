/*
 * The line protocol as a shipped plugin sees it (docs/writing-a-plugin.md): records come on standard input, one JSON line each; acknowledgements
 * go out on standard output; what is said for people goes to standard error, from where the node takes it into its event log. One thread.
 *
 *     line_init(&l, STDIN_FILENO);
 *     while ((kind = line_wait(&l, -1)) != LINE_END)
 *         if (kind == LINE_RECORD) { ...l.record...; line_ack(l.record.number); }
 */
#ifndef PLUGINS_LINE_H
#define PLUGINS_LINE_H

#include "base/buf.h"
#include "plugins/value.h"

#define LINE_INCARNATION_MAX 33 /* hex, and NUL */

enum line_kind {
    LINE_NOTHING, /* no whole line is here yet */
    LINE_RECORD,  /* ${l}->record */
    LINE_REPLY,   /* to a publication: ${l}->record.root has `reply` (its key), and `ids` or `refused` */
    LINE_WRONG, /* a line that is no record, or too large to look at: ${l}->why; ${l}->record.number where that much is known, else 0 */
    LINE_END    /* the node closed standard input: finish, acknowledge, end */
};

/* One record, valid until the next line is taken. */
struct line_record {
    uint64_t number; /* what is acknowledged */
    char incarnation
        [LINE_INCARNATION_MAX]; /* of the store: with the number, what tells a record that comes again */
    struct span text;           /* the line without its end */
    const struct value *root;   /* all of it */
    const struct value *body;   /* NULL: none is held, or this node cannot read it */
};

struct line {
    int fd;
    bool ended;
    struct buf in;
    size_t at;     /* of ${in}: before it, all was taken */
    size_t looked; /* of ${in}: up to here stands no end of line */
    struct arena arena;
    struct line_record record;
    struct why why;
};

void line_init(struct line *l, int fd);
void line_release(struct line *l);

/*
 * For a loop of one's own: line_fill() after poll(2) said that ${l}->fd can be read, then line_take() until LINE_NOTHING. line_fill: 0, or -1 when
 * it cannot be read (errno) or a line is longer than LIMIT_PLUGIN_LINE_BYTES.
 */
int line_fill(struct line *l);
enum line_kind line_take(struct line *l);

/* For all others: the next line; waits at most ${timeout_ms} (-1: as long as it takes) and then is LINE_NOTHING. */
enum line_kind line_wait(struct line *l, int timeout_ms);

/* Is another whole line here already? A plugin that makes its work safe in heaps goes on while it is. */
bool line_has_more(struct line *l);

/* Append the record as `parallax tail --json` prints it: the line without its delivery. -1 when that does not stand in front. */
int line_put_record(const struct line_record *r, struct buf *out);

/* Acknowledge ${number} and all before it. -1 when nobody reads any more. */
int line_ack(uint64_t number);

/* What is to be published: text of a file in any format that the node reads. */
struct line_publication {
    const char *key; /* another one for every publication; the same again makes no second record */
    const char *mode, *audience;
    const char *format; /* NULL: found out */
    struct span text;   /* UTF-8 */
};

/* Ask for it. The reply comes as a line; nothing else of this plugin is heard before it was read. -1 when nobody reads any more. */
int line_publish(const struct line_publication *p);

/* One line for the node's event log; untrusted text in ${fmt}'s arguments is quoted by the node. */
void line_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
