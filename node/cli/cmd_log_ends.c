/* log ends: where the logs of a member could end, for a steward to judge. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "cli/logs.h"
#include "cli/screen.h"

/* What is held and believed of it; of one that contradicts itself, what both stories have. */
static void
put_line(const Parallax__V1__LogStatus *log, struct buf *out)
{
    uint64_t size = log->disputed ? log->common : log->size;
    const ProtobufCBinaryData *root = log->disputed ? &log->common_root : &log->root;
    bool known = size > 0 && root->len == 32;

    buf_put_str(out, known ? "" : "# ");
    text_hex(out, span_of(log->log.data, log->log.len));
    buf_put_fmt(out, " %" PRIu64 " ", size);
    text_hex(out, span_of(root->data, root->len));
    buf_put_byte(out, known ? ' ' : '#');
    screen_text(out, log->series);
    if (log->disputed)
        buf_put_fmt(out, ", contradicts itself: %" PRIu64 " leaves here", log->size);
    else if (log->size < log->head_size)
        buf_put_fmt(out, ", of %" PRIu64 " that are signed", log->head_size);
    buf_put_byte(out, '\n');
}

static bool
begins(const Parallax__V1__LogStatus *log, const char *digits)
{
    char hex[2 * 64 + 1];

    if (digits == NULL)
        return true;
    if (log->log.len > 64)
        return false;
    text_hex_of(log->log.data, log->log.len, hex);
    return strncmp(hex, digits, strlen(digits)) == 0;
}

int
cmd_log_ends(int argc, char **argv)
{
    struct args a;
    int status;
    struct logs all;
    size_t found = 0;
    if (!args_read(&a, "log ends", 1, 1, argc, argv, &status))
        return status;
    struct client *c = client_new(&a, &status);
    if (c == NULL)
        return status;
    status = logs_ask(c, &all);
    client_free(c);
    struct buf out;
    buf_init(&out, LIMIT_INPUT_BYTES);
    for (size_t i = 0; status == EXIT_DONE && i < all.n; i++) {
        if (strcmp(all.log[i]->origin, a.at[0]) != 0 || !begins(all.log[i], args_get(&a, "log")))
            continue;
        put_line(all.log[i], &out);
        found++;
    }
    if (status == EXIT_DONE && found == 0)
        status = args_fail(&a, "no such log of %.80s is known here", a.at[0]);
    else if (status == EXIT_DONE)
        screen_flush(&out);
    buf_release(&out);
    logs_release(&all);
    return status;
}
