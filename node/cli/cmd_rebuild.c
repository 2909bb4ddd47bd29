/* rebuild: the picture once more from the logs. */
#include <stdio.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/screen.h"

#define PAUSE_US 100000

int
cmd_rebuild(int argc, char **argv)
{
    Parallax__V1__RebuildRequest q = PARALLAX__V1__REBUILD_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_REBUILD);
    struct screen_progress progress;
    struct client *c;
    struct args a;
    int status;
    bool running = true, begun = false;

    if (!args_read(&a, "rebuild", 0, 0, argc, argv, &status) || (c = client_new(&a, &status)) == NULL)
        return status;
    q.start = true;
    request.rebuild = &q;
    while (running) {
        Parallax__V1__Answer *answer = client_ask(c, &request, &status);

        if (answer == NULL)
            break;
        running = answer->rebuild->running;
        if (!begun)
            screen_progress_start(&progress, "records", answer->rebuild->total);
        else if (answer->rebuild->done > progress.done)
            screen_progress_step(&progress, answer->rebuild->done - progress.done);
        begun = true;
        q.start = false;
        client_answer_free(answer);
        if (running)
            (void)usleep(PAUSE_US);
    }
    if (begun)
        screen_progress_end(&progress);
    client_free(c);
    return status;
}
