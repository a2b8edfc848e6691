#!/bin/sh
# Makes an empty database and its user, as the official image's entrypoint does, then becomes the server.
set -eu
[ "${1:-mariadbd}" != mariadbd ] || shift
data=/var/lib/mysql
if [ ! -d $data/mysql ]; then
    mariadb-install-db --no-defaults --user=root --datadir=$data --skip-test-db >/dev/null
    {
        echo "CREATE DATABASE \`$MYSQL_DATABASE\`;"
        echo "CREATE USER '$MYSQL_USER'@'%' IDENTIFIED BY '$MYSQL_PASSWORD';"
        echo "GRANT ALL ON \`$MYSQL_DATABASE\`.* TO '$MYSQL_USER'@'%';"
    } >/tmp/init.sql
    set -- "$@" --init-file=/tmp/init.sql
fi
exec mariadbd --no-defaults "$@" --user=root --datadir=$data
