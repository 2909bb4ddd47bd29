pkg_check_modules(mosquitto REQUIRED IMPORTED_TARGET libmosquitto>=2.0)
set(libraries PkgConfig::mosquitto PkgConfig::crypto)
