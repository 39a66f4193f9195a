#include "tools/color.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool rsl_color_parse(const char *when, bool *wanted_out)
{
    if (when == NULL || strcmp(when, "auto") == 0) {
        const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
        *wanted_out = isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0') &&
                      (terminal == NULL || strcmp(terminal, "dumb") != 0);
        return true;
    }
    *wanted_out = strcmp(when, "always") == 0;
    return *wanted_out || strcmp(when, "never") == 0;
}
