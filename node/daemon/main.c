/* parallaxd: runs a node. The same executable is the supervisor and, with --role, each of its roles. */
#include "base/limit.h"
#include "base/log.h"
#include "conf/conf.h"
#include "crypt/secret.h"
#include "daemon/role.h"
#include "daemon/sandbox.h"
#include "daemon/supervisor.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "parallaxd --config DIR/node.yaml      run the node whose directory this file is in\n"
    "parallaxd --config FILE --check       read the configuration, say what is wrong, end\n"
    "parallaxd --config FILE --dump        the configuration in force, with all defaults\n"
    "parallaxd --dump-example              an example configuration with every key\n"
    "parallaxd --version\n";

struct options {
    char *config, *role;
    bool check, dump;
    int fd[7];
};

static const struct {
    const char *name;
    role_fn *run;
} roles[] = {{"sign", role_sign}, {"core", core_run},    {"gate", role_gate}, {"seal", role_seal},
             {"plug", role_plug}, {"watch", role_watch}, {"feed", role_feed}};

static int
run_role(const struct options *o, const struct conf *conf)
{
    struct role_args args = {.conf = conf,
                             .dir = ".",
                             .listen_gate = o->fd[0],
                             .listen_sign = o->fd[1],
                             .listen_seal = o->fd[2],
                             .listen_api = o->fd[3],
                             .ready_fd = o->fd[4],
                             .listen_feed = o->fd[5],
                             .listen_loopback = o->fd[6],
                             .boot = getenv("PARALLAX_BOOT")};

    if (args.boot == NULL)
        args.boot = "";
    for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
        if (strcmp(roles[i].name, o->role) != 0)
            continue;
        log_start(o->role, conf->log_level);
        if (sandbox_enter(role_sandbox(o->role, conf), conf) != 0)
            return 1;
        return roles[i].run(&args);
    }
    fprintf(stderr, "parallaxd: no role %s\n", o->role);
    return 2;
}

static int
take_options(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            o->config = argv[++i];
        } else if (strcmp(argv[i], "--role") == 0 && i + 1 < argc) {
            o->role = argv[++i];
        } else if (strcmp(argv[i], "--fds") == 0 && i + 7 < argc) {
            for (int k = 0; k < 7; k++)
                o->fd[k] = (int)strtol(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--check") == 0) {
            o->check = true;
        } else if (strcmp(argv[i], "--dump") == 0) {
            o->dump = true;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(help, stdout);
            exit(0);
        } else if (strcmp(argv[i], "--version") == 0) {
            puts("parallaxd " PARALLAX_VERSION);
            exit(0);
        } else if (strcmp(argv[i], "--dump-example") == 0) {
            struct buf b;
            buf_init(&b, LIMIT_CONF_BYTES);
            conf_dump_example(&b);
            fwrite(b.p, 1, b.n, stdout);
            buf_release(&b);
            exit(0);
        } else {
            return -1;
        }
    }
    return o->config == NULL ? -1 : 0;
}

/* The node's directory is where its configuration is; everything in it is named from there. The file's name in it, or NULL. */
static const char *
enter_directory(char *config)
{
    char *slash = strrchr(config, '/');
    int rc = 0;

    if (slash == config)
        rc = chdir("/");
    if (slash == NULL || slash == config)
        return rc == 0 ? config + (slash == config) : NULL;
    *slash = 0;
    rc = chdir(config);
    if (rc != 0)
        log_event(EV_conf_error, "where=%s note=\"%s\"", config, strerror(errno));
    *slash = '/';
    return rc == 0 ? slash + 1 : NULL;
}

/* 0, or -1 after saying what is wrong, with its place. */
static int
load(const char *name, const char *shown, struct conf *conf)
{
    struct why why;
    struct buf place, note;

    why_clear(&why);
    if (conf_load(name, conf, &why) == 0)
        return 0;
    buf_init(&place, LIMIT_LOG_LINE_BYTES);
    buf_init(&note, LIMIT_LOG_LINE_BYTES);
    buf_put_str(&place, shown);
    if (why.line > 0)
        buf_put_fmt(&place, ":%u:%u", why.line, why.column);
    if (why.field[0] != 0)
        buf_put_fmt(&note, "%s: ", why.field);
    buf_put_str(&note, why.note);
    log_event(EV_conf_error, "where=%s note=\"%s\"", buf_cstr(&place), buf_cstr(&note));
    buf_release(&place);
    buf_release(&note);
    return -1;
}

static void
dump(const struct conf *conf)
{
    struct buf text;

    buf_init(&text, LIMIT_CONF_BYTES);
    conf_dump(conf, &text);
    fputs(buf_cstr(&text), stdout);
    buf_release(&text);
}

int
main(int argc, char **argv)
{
    struct options o = {.fd = {-1, -1, -1, -1, -1, -1, -1}};
    static struct conf conf;
    const char *name;

    if (take_options(argc, argv, &o) != 0) {
        fputs(help, stderr);
        return 2;
    }
    secret_start();
    log_start("node", LOG_INFO);
    name = enter_directory(o.config);
    if (name == NULL || load(name, o.config, &conf) != 0)
        return 1;
    log_start("node", conf.log_level);
    if (o.dump)
        dump(&conf);
    if (o.check || o.dump)
        return 0;
    if (o.role != NULL)
        return run_role(&o, &conf);
    return supervisor_run(&conf, name);
}
