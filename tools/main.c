/* main.c - finds the subcommand and hands it its arguments. */
#include "tools/commands.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "tools/report.h"

struct command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"scan", "parse every .rs file below the paths given", rsl_cmd_scan},
    {"outline", "print the items of one file as an indented list", rsl_cmd_outline},
    {"tokens", "print the tokens of files, or a hash of them", rsl_cmd_tokens},
    {"graph", "print which files depend on which", rsl_cmd_graph},
    {"deps", "print what a file depends on", rsl_cmd_deps},
    {"rdeps", "print what depends on a file", rsl_cmd_rdeps},
    {"modules", "print the modules of crates and their files", rsl_cmd_modules},
    {"index", "write what is known of a tree to its database", rsl_cmd_index},
    {"find", "print the items that have a name", rsl_cmd_find},
    {"show", "print the source of an item", rsl_cmd_show},
    {"stats", "print what the database holds, in numbers", rsl_cmd_stats},
    {"sql", "ask the database in SQL", rsl_cmd_sql},
    {"watch", "print what changes below the paths given, until interrupted", rsl_cmd_watch},
};

static const size_t ncommands = sizeof(commands) / sizeof(commands[0]);

static void print_help(void)
{
    fputs("usage: rustle COMMAND [OPTION...] [ARGUMENT...]\n"
          "       rustle --help | --version\n"
          "\n"
          "Reads Rust source files.\n"
          "\n"
          "commands:\n",
          stdout);
    for (size_t i = 0; i < ncommands; i++) {
        printf("  %-9s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\n"
          "\"rustle COMMAND --help\" lists the options of a command; rustle(1) tells the whole.\n"
          "Exit status: 0 something found, 1 nothing found, 2 an error, 130 or 143 ended by a\n"
          "signal.\n",
          stdout);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < ncommands; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        fputs("rustle: no command given; see rustle --help\n", stderr);
        return RSL_EXIT_ERROR;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return RSL_EXIT_FOUND;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts("rustle " RUSTLE_VERSION);
        return RSL_EXIT_FOUND;
    }
    const struct command *command = find_command(argv[1]);
    if (!command) {
        rsl_report("unknown %s '%s'; see rustle --help", argv[1][0] == '-' ? "option" : "command",
                   argv[1]);
        return RSL_EXIT_ERROR;
    }
    return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    /* Else each allocation of SQLite takes a lock, to count what nobody asks for. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int status = run(argc, argv);
    /* A full disk shows up only now; output that is cut short must not look like success. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("rustle: standard output");
        return RSL_EXIT_ERROR;
    }
    return status;
}
