/* commands.h - the subcommands of the program rustle, one file each (cmd_<name>.c).
 *
 * A command gets its own name as argv[0] and its arguments behind it; argv[argc] is NULL. Results
 * go to standard output, everything else to standard error: what is wrong with a source file as
 * "file:line:col: error: message", anything else as "rustle: message". --help and -h print
 * "usage: rustle <name> ..." and the options to standard output. A command runs once per process,
 * on the main thread, and need not flush stdout. It returns the program's exit status, one of enum
 * rsl_exit. */
#ifndef RSL_TOOLS_COMMANDS_H
#define RSL_TOOLS_COMMANDS_H

/* As grep and ripgrep have it. An error that lets the work go on still counts as an error. */
enum rsl_exit {
    RSL_EXIT_FOUND = 0,    /* it ran, and there was something to print */
    RSL_EXIT_NOTHING = 1,  /* it ran, and there was nothing */
    RSL_EXIT_ERROR = 2,    /* wrong usage, unreadable input, or source that does not parse */
    RSL_EXIT_SIGNAL = 128, /* and a signal's number: that has ended the work early */
};

int rsl_cmd_find(int argc, char **argv);
int rsl_cmd_index(int argc, char **argv);
int rsl_cmd_scan(int argc, char **argv);
int rsl_cmd_outline(int argc, char **argv);
int rsl_cmd_show(int argc, char **argv);
int rsl_cmd_sql(int argc, char **argv);
int rsl_cmd_stats(int argc, char **argv);
int rsl_cmd_tokens(int argc, char **argv);
int rsl_cmd_graph(int argc, char **argv);
int rsl_cmd_deps(int argc, char **argv);
int rsl_cmd_rdeps(int argc, char **argv);
int rsl_cmd_modules(int argc, char **argv);
int rsl_cmd_watch(int argc, char **argv);

#endif
