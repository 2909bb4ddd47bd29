/* picture export: the whole picture in its one canonical form, for comparing nodes. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/client.h"

int
cmd_picture_export(int argc, char **argv)
{
    struct args a;
    int status;
    char *after = NULL;
    if (!args_read(&a, "picture export", 0, 0, argc, argv, &status))
        return status;
    struct client *c = client_new(&a, &status);
    if (c == NULL)
        return status;
    for (bool more = true; more && !ferror(stdout);) {
        Parallax__V1__PictureRequest picture = PARALLAX__V1__PICTURE_REQUEST__INIT;
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_PICTURE);
        if (after != NULL)
            picture.after = after;
        request.picture = &picture;
        Parallax__V1__Answer *answer = client_ask(c, &request, &status);
        if (answer == NULL)
            break;
        fwrite(answer->picture->lines.data, 1, answer->picture->lines.len, stdout);
        free(after);
        after = mem_strdup(answer->picture->cursor);
        more = after[0] != '\0';
        client_answer_free(answer);
    }
    free(after);
    client_free(c);
    return status;
}
