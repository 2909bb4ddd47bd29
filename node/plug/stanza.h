/*
 * What the configuration says of one plugin: DIR/plugins/NAME.yaml, read by a table, with file, line, column and the nearest known key in every
 * refusal (docs/writing-a-plugin.md lists the keys).
 */
#ifndef PLUG_STANZA_H
#define PLUG_STANZA_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limit.h"
#include "base/why.h"
#include "core/sift.h"

#define STANZA_NAME_MAX   32
#define STANZA_OBJECT_MAX 64

struct stanza_list {
    size_t n;
    char *at[LIMIT_PLUGIN_WORDS_COUNT + 1]; /* NULL-terminated */
};

struct stanza {
    char name[STANZA_NAME_MAX + 1];
    struct stanza_list command;
    bool enabled, network, from_now, records, bytes; /* records: it is given some */
    struct stanza_list types, origins, classes;      /* empty = all */
    unsigned modes;                                  /* 1 << each Mode */
    char object[STANZA_OBJECT_MAX];                  /* canonical; "" = all */
    struct span region, where;                       /* as written; empty = all */
    struct sift sift;                                /* of both */
    int64_t window, timeout_s, files, cpu_s;         /* cpu_s 0 = without end */
    uint64_t memory;                                 /* bytes */
    bool publishes;                                  /* only what the next four say */
    struct stanza_list publish_types, publish_audiences;
    unsigned publish_modes; /* 1 << each Mode */
    int64_t publish_rate;   /* records in a minute */
    struct buf text;        /* as it was read */
    struct arena arena;
};

void stanza_init(struct stanza *s);
void stanza_release(struct stanza *s);

/* Is ${name} one that a plugin may have: a word of at most STANZA_NAME_MAX bytes? */
bool stanza_is_name(const char *name);

/* Read ${text} as the configuration of ${name}. 0, or -1 with ${why} at its line and column. */
int stanza_read(struct stanza *s, const char *name, struct span text, struct why *why);
/* As stanza_read, of ${folder}/${name}.yaml. */
int stanza_load(struct stanza *s, const char *folder, const char *name, struct why *why);

#endif
