/* plugin list, replay: how far each is, and from where it is to go on. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "cli/client.h"
#include "cli/home.h"
#include "cli/plugins.h"
#include "cli/screen.h"
#include "plug/cursor.h"
#include "plug/stanza.h"

#define LOOK_US 50000

static Parallax__V1__Answer *
ask(struct client *c, int *status)
{
    Parallax__V1__StatusRequest plain = PARALLAX__V1__STATUS_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_STATUS);

    request.status = &plain;
    return client_ask(c, &request, status);
}

int
cmd_plugin_list(int argc, char **argv)
{
    struct args a;
    struct client *c;
    Parallax__V1__Answer *answer;
    int status;

    if (!args_read(&a, "plugin list", 0, 0, argc, argv, &status))
        return status;
    c = client_new(&a, &status);
    answer = c != NULL ? ask(c, &status) : NULL;
    if (answer != NULL && args_has(&a, "json")) {
        struct buf out;
        buf_init(&out, LIMIT_API_BYTES);
        for (size_t i = 0; i < answer->status->n_plugins; i++) {
            plugins_json(answer->status, answer->status->plugins[i], &out);
            buf_put_byte(&out, '\n');
        }
        screen_flush(&out);
        buf_release(&out);
    } else if (answer != NULL && answer->status->n_plugins == 0) {
        puts("no plugins: docs/writing-a-plugin.md, `parallax plugin new`");
    } else if (answer != NULL) {
        plugins_print(answer->status);
    }
    if (answer != NULL)
        client_answer_free(answer);
    client_free(c);
    return answer != NULL ? EXIT_DONE : status;
}

/* A node that runs knows what there is. EXIT_DONE also when it does not run. */
static int
check_number(const struct args *a, uint64_t next)
{
    Parallax__V1__StatusRequest plain = PARALLAX__V1__STATUS_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_STATUS);
    Parallax__V1__Answer *answer = NULL;
    int status;
    struct client *c = client_new(a, &status);

    if (c == NULL)
        return status;
    request.status = &plain;
    status = EXIT_DONE;
    if (client_call(c, &request, client_timeout_ms(c), &answer) == CLIENT_DONE &&
        next > answer->status->delivery + 1)
        status = args_fail(a, "delivery %" PRIu64 " does not exist yet: the newest is %" PRIu64, next,
                           answer->status->delivery);
    if (answer != NULL)
        client_answer_free(answer);
    client_free(c);
    return status;
}

/* The node takes the order away when it goes on from there. */
static int
wait_taken(const struct args *a, const char *path)
{
    int64_t ms, deadline;

    if (args_timeout(a, 30, &ms) != 0)
        return EXIT_USAGE;
    deadline = clock_mono_ms() + ms;
    while (access(path, F_OK) == 0) {
        if (clock_mono_ms() >= deadline)
            return args_fail(a, "the node has not taken the order yet: it will when it runs");
        usleep(LOOK_US);
    }
    return EXIT_DONE;
}

int
cmd_plugin_replay(int argc, char **argv)
{
    struct args a;
    struct home home;
    struct buf order;
    char path[HOME_PATH_MAX];
    uint64_t next = 1;
    const char *from;
    int status;

    if (!args_read(&a, "plugin replay", 1, 1, argc, argv, &status))
        return status;
    from = args_get(&a, "from");
    if (from == NULL ||
        (strcmp(from, "start") != 0 && (num_uint(span_str(from), INT64_MAX, &next) != 0 || next == 0)))
        return args_usage(&a, "expected --from start, or --from and a delivery number");
    status = home_find(&a, a.at[0], &home);
    if (status != EXIT_DONE)
        return status;
    home_path(&home, a.at[0], ".yaml", path);
    if (access(path, R_OK) != 0)
        return args_fail(&a, "%s: %s", path, strerror(errno));
    status = check_number(&a, next);
    if (status != EXIT_DONE)
        return status;
    home_path(&home, a.at[0], ".replay", path);
    buf_init(&order, CURSOR_TEXT_MAX);
    cursor_print_order(next, &order);
    if (file_write(path, buf_span(&order), 0600) != 0)
        status = args_fail(&a, "%s: %s", path, strerror(errno));
    buf_release(&order);
    if (status == EXIT_DONE)
        status = wait_taken(&a, path);
    if (status == EXIT_DONE)
        printf("%s goes on with delivery %" PRIu64 "\n", a.at[0], next);
    return status;
}
