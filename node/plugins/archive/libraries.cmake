pkg_check_modules(pq REQUIRED IMPORTED_TARGET libpq>=14)
set(libraries PkgConfig::pq)
