/* read_source.h - a source, wherever it is: a file, or a member of an archive. */
#ifndef RSL_TOOLS_READ_SOURCE_H
#define RSL_TOOLS_READ_SOURCE_H

#include "tools/read_file.h"

/* As rsl_read_file; and if there is no such file and the path is archive!/member, that member.
 * -EBADMSG: the archive is bad. O(what the archive inflates to). */
int rsl_read_source(struct rsl_source_buffer *buffer, const char *path);

#endif
