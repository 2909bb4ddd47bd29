pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
list(APPEND libraries crypt PkgConfig::curl)
