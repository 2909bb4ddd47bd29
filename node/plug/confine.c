/* Runs in the child between fork and exec. */
#include "plug/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of Debian 12. */
#define FS_REFER     (UINT64_C(1) << 13) /* ABI 2 */
#define FS_TRUNCATE  (UINT64_C(1) << 14) /* ABI 3 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1)  /* ABI 6 */

#define FS_FIRST ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1) /* all of ABI 1 */
#define FS_READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_RUN   (FS_READ | LANDLOCK_ACCESS_FS_EXECUTE)

struct ruleset {
    uint64_t fs, net, scoped;
};

static const struct {
    const char *path;
    uint64_t access;
} paths[] = {
    {".", FS_FIRST | FS_REFER | FS_TRUNCATE},
    {"/usr", FS_RUN},
    {"/bin", FS_RUN},
    {"/lib", FS_RUN},
    {"/lib64", FS_RUN},
    {"/opt", FS_RUN},
    {"/etc", FS_READ},
    {"/proc", FS_READ},
    {"/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE},
    {"/dev/zero", LANDLOCK_ACCESS_FS_READ_FILE},
    {"/dev/random", LANDLOCK_ACCESS_FS_READ_FILE},
    {"/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE},
    {"/run/systemd/resolve", FS_READ},
};

/* Refused beside confine.tbl: what reaches files by name past Landlock, leaves the process group, or touches other processes of this user. */
static const int never[] = {
#define DENY(call) SCMP_SYS(call),
#include "plug/confine.tbl"
#undef DENY
    SCMP_SYS(setsid),   SCMP_SYS(setpgid),   SCMP_SYS(truncate),    SCMP_SYS(chmod),
    SCMP_SYS(fchmodat), SCMP_SYS(chown),     SCMP_SYS(lchown),      SCMP_SYS(fchownat),
    SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(removexattr), SCMP_SYS(lremovexattr),
    SCMP_SYS(shmget),   SCMP_SYS(semget),    SCMP_SYS(msgget),      SCMP_SYS(mq_open),
};

/* Refused unless the argument of that number is 0: this process. */
static const struct {
    int call;
    unsigned argument;
} own_only[] = {
    {SCMP_SYS(prlimit64), 0},      {SCMP_SYS(setpriority), 1},        {SCMP_SYS(ioprio_set), 1},
    {SCMP_SYS(sched_setparam), 0}, {SCMP_SYS(sched_setscheduler), 0}, {SCMP_SYS(sched_setattr), 0},
    {SCMP_SYS(migrate_pages), 0},  {SCMP_SYS(move_pages), 0},
};

static int
deny(scmp_filter_ctx ctx, int call, unsigned argument, enum scmp_compare how, uint64_t value)
{
    return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), call, 1,
                            SCMP_CMP64(argument, how, value, (uint64_t)0));
}

/* AF_INET, AF_INET6 and AF_NETLINK (resolvers ask it), or none. A UNIX socket would reach the node's own. */
static int
deny_sockets(scmp_filter_ctx ctx, bool network)
{
    static const uint64_t families[] = {2, 10, 16};
    uint64_t from = 0;
    int rc = 0;

    if (!network)
        return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 0);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        for (uint64_t family = from; family < families[i] && rc == 0; family++)
            rc = deny(ctx, SCMP_SYS(socket), 0, SCMP_CMP_EQ, family);
        from = families[i] + 1;
    }
    return rc == 0 ? deny(ctx, SCMP_SYS(socket), 0, SCMP_CMP_GE, from) : rc;
}

/* Where the kernel does not scope signals: to itself only, so that a plugin that kills its own children needs a newer kernel. */
static int
deny_signals(scmp_filter_ctx ctx)
{
    static const int calls[] = {SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo),
                                SCMP_SYS(rt_tgsigqueueinfo)};
    int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tkill), 0);

    for (size_t i = 0; i < sizeof calls / sizeof calls[0] && rc == 0; i++)
        rc = deny(ctx, calls[i], 0, SCMP_CMP_NE, (uint64_t)getpid());
    return rc;
}

static int
filter(const struct stanza *s, bool scoped)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int rc = ctx == NULL ? -ENOMEM : 0;

    for (size_t i = 0; i < sizeof never / sizeof never[0] && rc == 0; i++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), never[i], 0);
    for (size_t i = 0; i < sizeof own_only / sizeof own_only[0] && rc == 0; i++)
        rc = deny(ctx, own_only[i].call, own_only[i].argument, SCMP_CMP_NE, 0);
    if (rc == 0)
        rc = deny_sockets(ctx, s->network);
    if (rc == 0 && !scoped)
        rc = deny_signals(ctx);
    if (rc == 0)
        rc = seccomp_load(ctx);
    if (ctx != NULL)
        seccomp_release(ctx);
    errno = -rc;
    return rc == 0 ? 0 : -1;
}

static int
allow(int set, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = access};
    int rc;

    beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0)
        return 0; /* not there */
    rc = (int)syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(beneath.parent_fd);
    return rc;
}

/* 0, also where the kernel has no Landlock; then *${scoped} is false. */
static int
landlock(const char *program, bool *scoped)
{
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), set,
        rc = 0;
    struct ruleset attr = {FS_FIRST, 0, 0};
    size_t size = abi >= 6 ? sizeof attr : abi >= 4 ? offsetof(struct ruleset, scoped) : sizeof attr.fs;

    *scoped = abi >= 6;
    if (abi < 1)
        return 0;
    attr.fs |= (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0);
    attr.scoped = *scoped ? SCOPE_SIGNAL : 0;
    set = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    if (set < 0)
        return -1;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0] && rc == 0; i++)
        rc = allow(set, paths[i].path, paths[i].access & attr.fs);
    if (rc == 0 && program[0] == '/')
        rc = allow(set, program, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE);
    if (rc == 0)
        rc = (int)syscall(SYS_landlock_restrict_self, set, 0);
    close(set);
    return rc;
}

/* Of a node that runs as root, as in a container; with no_new_privs, exec gives none back. */
static int
drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

    memset(none, 0, sizeof none);
    return (int)syscall(SYS_capset, &header, none);
}

static int
limit(int what, uint64_t most)
{
    struct rlimit r = {.rlim_cur = most, .rlim_max = most};

    return setrlimit((__rlimit_resource_t)what, &r);
}

void
confine_yield(void)
{
    if (getpriority(PRIO_PROCESS, 0) < LIMIT_PLUGIN_NICE) /* a node that is nicer stays so */
        (void)setpriority(PRIO_PROCESS, 0, LIMIT_PLUGIN_NICE);
}

/*
 * Nice alone gives a plugin little, but lets it keep the processor for some milliseconds once it has it: a role that wakes up waits that long. SCHED_IDLE yields at once
 * (sched(7)), and who is nice and has no privilege cannot leave it. No huge pages: to clear one takes the kernel 0.2 ms in which nobody else runs.
 */
static void
yield_at_once(void)
{
    struct sched_param none = {0};

    confine_yield();
    (void)sched_setscheduler(0, SCHED_IDLE, &none);
    (void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

static int
limits(const struct stanza *s)
{
    if (limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_DATA, s->memory) != 0 ||
        limit(RLIMIT_NOFILE, (uint64_t)s->files) != 0 || limit(RLIMIT_FSIZE, LIMIT_PLUGIN_FILE_BYTES) != 0)
        return -1;
    if (s->cpu_s > 0 && limit(RLIMIT_CPU, (uint64_t)s->cpu_s) != 0)
        return -1;
    return 0;
}

int
confine_enter(const struct stanza *s, const char *program, const char **what)
{
    bool scoped;

    *what = "no_new_privs";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    *what = "capabilities";
    if (drop_capabilities() != 0)
        return -1;
    *what = "landlock";
    if (landlock(program, &scoped) != 0)
        return -1;
    yield_at_once();
    *what = "seccomp";
    if (filter(s, scoped) != 0)
        return -1;
    *what = "limits"; /* last: they are of the command, not of what came before it */
    return limits(s);
}
