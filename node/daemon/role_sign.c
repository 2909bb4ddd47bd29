/* The sign role: the log key, the witness key and their database; no network, no store of records. */
#include "base/log.h"
#include "daemon/role.h"
#include "sign/sign_run.h"
#include "sign/signer.h"
#include <stdio.h>

static struct secret *
load(const struct role_args *args, const char *kind)
{
    struct secret *s;
    struct why why;
    char path[512];

    why_clear(&why);
    snprintf(path, sizeof(path), "%s/%s.key", args->conf->keys, kind);
    s = secret_load(kind, path, &why);
    if (s == NULL)
        log_event(EV_role_failed, "what=\"%s: %s\"", path, why.note);
    return s;
}

static int
answer(void *server, struct span request, struct buf *out)
{
    return signer_answer(server, request, out);
}

static int
commit(void *server)
{
    return signer_commit(server);
}

int
role_sign(const struct role_args *args)
{
    struct secret *log_key = load(args, "log"), *witness_key = load(args, "witness");
    struct sign_args sign = {.listen_fd = args->listen_sign,
                             .ready_fd = args->ready_fd,
                             .stop_fd = -1,
                             .answer = answer,
                             .commit = commit};
    struct signer *signer;
    char error[200];
    int rc = -1;

    if (log_key != NULL && witness_key != NULL) {
        sign.server = signer =
            signer_open(args->conf->sign_path, args->conf->name, log_key, witness_key, error);
        if (signer == NULL)
            log_event(EV_role_failed, "what=\"%s\"", error);
        else
            rc = sign_run(&sign);
        signer_close(signer);
    }
    secret_free(log_key);
    secret_free(witness_key);
    return rc == 0 ? 0 : 1;
}
