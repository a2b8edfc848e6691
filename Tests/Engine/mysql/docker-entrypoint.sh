#!/bin/sh
# Gives an empty database and its user, as the official image's entrypoint does, then becomes the server.
set -eu
[ "${1:-mysqld}" != mysqld ] || shift
data=/var/lib/mysql
[ -z "${MYSQL_PASSWORD_FILE:-}" ] || MYSQL_PASSWORD=$(cat "$MYSQL_PASSWORD_FILE")
if [ ! -d $data/mysql ]; then
    cp --archive --sparse=always /made/. $data
    {
        echo "CREATE DATABASE IF NOT EXISTS \`${MYSQL_DATABASE:-app}\`;"
        if [ -n "${MYSQL_USER:-}" ]; then
            echo "CREATE USER '$MYSQL_USER'@'%' IDENTIFIED BY '$MYSQL_PASSWORD';"
            echo "GRANT ALL ON \`${MYSQL_DATABASE:-app}\`.* TO '$MYSQL_USER'@'%';"
        fi
        if [ -n "${MYSQL_ROOT_PASSWORD:-}" ]; then
            echo "CREATE USER 'root'@'%' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';"
            echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
            echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';"
        fi
        echo "USE \`${MYSQL_DATABASE:-app}\`;"
        cat /docker-entrypoint-initdb.d/*.sql 2>/dev/null || true
    } >/tmp/init.sql
    set -- "$@" --init-file=/tmp/init.sql
fi
exec mysqld --no-defaults "$@" --user=root --datadir=$data --lc-messages-dir=/usr/share/mysql --mysqlx=OFF --secure-file-priv=NULL
