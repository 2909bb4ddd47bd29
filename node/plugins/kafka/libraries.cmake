pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka>=2.0)
set(libraries PkgConfig::rdkafka)
