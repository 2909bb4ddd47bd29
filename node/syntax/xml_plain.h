/*
 * The short way through XML: elements, attributes, text and the five entities, as nearly every file is written. Whatever else
 * occurs ends it, and libxml2 reads on from there: it alone says what is wrong with a document (docs/decisions/0028).
 */
#ifndef SYNTAX_XML_PLAIN_H
#define SYNTAX_XML_PLAIN_H

#include "syntax/xml.h"

enum xml_plain {
    XML_PLAIN_DONE,    /* all is read, and well-formed */
    XML_PLAIN_STOPPED, /* ${fn} said no, ${why} says why */
    XML_PLAIN_OTHER    /* something else stands there, right or wrong */
};

/*
 * ${input} is UTF-8 without NUL and byte order mark. ${told} becomes how many events ${fn} got: those that xml_read() would tell
 * first, with the same names, texts and places.
 */
enum xml_plain xml_plain_read(struct span input, xml_event_fn *fn, void *cookie, struct why *why,
                              size_t *told);

#endif
