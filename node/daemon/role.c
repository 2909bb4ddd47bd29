/* Runs in each role, once. */
#include "daemon/role.h"
#include "base/log.h"
#include <string.h>
#include <unistd.h>

const char *const role_wrap_keys[LIMIT_WRAP_KEY_COUNT] = {"wrap", "wrap.old", "wrap.old-2", "wrap.old-3"};

void
role_ready(const struct role_args *args)
{
    log_event(EV_role_ready, "pid=%d", (int)getpid());
    if (write(args->ready_fd, "R", 1) != 1)
        log_event(EV_role_failed, "what=\"the supervisor is gone\"");
    close(args->ready_fd);
}

const char *
role_sandbox(const char *role, const struct conf *conf)
{
    return strcmp(role, "plug") == 0 ? role_plug_sandbox(conf) : role;
}
