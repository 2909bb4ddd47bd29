#include "cli/skeleton.h"

/* clang-format off */

static const char python[] =
"\"\"\"A plugin: one record a line on standard input, one acknowledgement a line on standard output.\"\"\"\n"
"import json\n"
"import sys\n"
"\n"
"\n"
"def handle(record):\n"
"    \"\"\"Do with it what this plugin is for. An exception ends the plugin: it is started again and given the record once more.\"\"\"\n"
"    print(record[\"type\"], \"of\", record[\"origin\"], record[\"id\"], file=sys.stderr)\n"
"\n"
"\n"
"for line in sys.stdin:\n"
"    record = json.loads(line)\n"
"    handle(record)\n"
"    print(\"ack\", record[\"delivery\"][\"number\"], flush=True)\n";

static const char shell[] =
"#!/bin/sh\n"
"# A plugin: one record a line on standard input, one acknowledgement a line on standard output.\n"
"while IFS= read -r line; do\n"
"    number=${line#*\\\"number\\\":} # the line begins {\"delivery\":{\"incarnation\":\"...\",\"number\":N},\n"
"    number=${number%%\\}*}\n"
"    # Do with it what this plugin is for. To end is to be started again and given the record once more.\n"
"    printf '%s\\n' \"$line\" >>records.ndjson || exit 1\n"
"    echo \"ack $number\"\n"
"done\n";

static const char c[] =
"/* A plugin: one record a line on standard input, one acknowledgement a line on standard output. */\n"
"#define _POSIX_C_SOURCE 200809L\n"
"#include <stdio.h>\n"
"#include <stdlib.h>\n"
"\n"
"/* Do with it what this plugin is for. To end is to be started again and given the record once more. */\n"
"static int\n"
"handle(const char *line)\n"
"{\n"
"    return fprintf(stderr, \"%.60s\\n\", line) < 0;\n"
"}\n"
"\n"
"int\n"
"main(void)\n"
"{\n"
"    char *line = NULL;\n"
"    size_t size = 0;\n"
"    unsigned long long number;\n"
"\n"
"    while (getline(&line, &size, stdin) > 0) {\n"
"        if (sscanf(line, \"{\\\"delivery\\\":{\\\"incarnation\\\":\\\"%*[0-9a-f]\\\",\\\"number\\\":%llu}\", &number) != 1 ||\n"
"            handle(line) != 0)\n"
"            return 1;\n"
"        printf(\"ack %llu\\n\", number);\n"
"        fflush(stdout);\n"
"    }\n"
"    free(line);\n"
"    return 0;\n"
"}\n";

static const char node[] =
"// A plugin: one record a line on standard input, one acknowledgement a line on standard output.\n"
"'use strict';\n"
"\n"
"// Do with it what this plugin is for. An exception ends the plugin: it is started again and given the record once more.\n"
"function handle(record) {\n"
"  console.error(record.type, 'of', record.origin, record.id);\n"
"}\n"
"\n"
"require('readline').createInterface({input: process.stdin}).on('line', (line) => {\n"
"  const record = JSON.parse(line);\n"
"  handle(record);\n"
"  process.stdout.write(`ack ${record.delivery.number}\\n`);\n"
"});\n";

const char skeleton_configuration[] =
"# docs/writing-a-plugin.md. A change takes effect when this file is saved: the plugin ends, and the new one goes on where it stopped.\n"
"command: %s\n"
"enabled: false\n"
"from: start           # what it is given first of all: everything that is here, or `now`\n"
"window: 64            # records that it may hold unacknowledged\n"
"timeout_s: 30         # without an acknowledgement it is ended and started again\n"
"memory: 512MiB        # of each process\n"
"files: 64             # open at once\n"
"cpu_s: 0              # of processor time a run; 0 is without end\n"
"network: false        # true: it may use IPv4 and IPv6\n"
"bytes: false          # true: with the bytes that the origin signed\n"
"records: true         # false: it is given none\n"
"filter:\n"
"  modes: [REAL]       # REAL, EXERCISE, TEST, SIMULATED\n"
"# types: [conjunction, reentry]\n"
"# origins: [us-noaa]\n"
"# classes: [alert]\n"
"# object: \"norad:25544\"\n";

/* clang-format on */

const struct skeleton skeleton_table[] = {
    {"python", ".py", "[python3, %s.py]", "", python},
    {"sh", ".sh", "[sh, %s.sh]", "", shell},
    {"c", ".c", "[./%s]", "cc -O2 -o %s %s.c", c},
    {"node", ".js", "[node, %s.js]", "", node},
};
const size_t skeleton_count = sizeof skeleton_table / sizeof skeleton_table[0];
