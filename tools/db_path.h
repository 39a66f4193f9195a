/* db_path.h - where the database of a tree is. */
#ifndef RSL_TOOLS_DB_PATH_H
#define RSL_TOOLS_DB_PATH_H

/* root/.rustle/index.db. To be freed; NULL if there is no memory. */
char *rsl_db_path_of_tree(const char *root);

/* Makes the folder .rustle in `root`, with a .gitignore that keeps git from looking at it. A tree
 * from elsewhere may bring a folder or a database that is a link, to where nothing is to be
 * written: then ELOOP. Returns 0 or a negative errno. */
int rsl_db_make_folder(const char *root);

/* The same if db_path, however it is written, is the place of the tree's database; if it is
 * another, nothing needs to be made. Returns 0 or a negative errno. */
int rsl_db_make_folder_of(const char *root, const char *db_path);

/* The database of the tree that the working folder lies in: the nearest .rustle/index.db in it or
 * above. *root_out is the path of the tree's root as seen from the working folder, such as "." or
 * "../..". Both are to be freed; NULL if there is none, or no memory. */
char *rsl_db_path_nearest(char **root_out);

#endif
