/* The configuration of a node, node.yaml: read by the table conf.tbl, with file, line, column and the nearest
 * known key in every refusal. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/buf.h"
#include "base/log.h"
#include "base/why.h"

#define CONF_TEXT_MAX 256

typedef char conf_TEXT[CONF_TEXT_MAX];
typedef char conf_WORDS[CONF_TEXT_MAX];
typedef char conf_NAME[CONF_TEXT_MAX];
typedef int64_t conf_NUMBER;
typedef uint64_t conf_SIZE;
typedef bool conf_FLAG;
typedef enum log_level conf_LEVEL;

struct conf {
#define CONF(path, member, kind, value, min, max, reload, unit, text) conf_##kind member;
#include "conf/conf.tbl"
#undef CONF
};

/* Read ${text}. 0, or -1 with ${why} at its line and column (CONF_KEY, CONF_VALUE, or what the YAML reader
 * says). */
int conf_read(struct span text, struct conf *out, struct why *why);
/* As conf_read, of a file of at most LIMIT_CONF_BYTES. */
int conf_load(const char *path, struct conf *out, struct why *why);

/* A size as rows of the table take it: bytes, or with KiB, MiB or GiB. 0 or -1. */
int conf_size(struct span s, uint64_t min, uint64_t max, uint64_t *out);

/* The configuration in force: reading it again gives the same. */
void conf_dump(const struct conf *conf, struct buf *out);
/* An example with every key, its default, unit and sentence. */
void conf_dump_example(struct buf *out);

#endif
