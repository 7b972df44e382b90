#!/bin/sh
# Writes the user of the gateways for the Redis of the cluster: users.acl for Redis into the first folder, with the hash of the password only, and
# the configuration for the gateways into the second one. The password is made once and kept there; the rest is written at each start.
set -eu
umask 022
server=$1 client=$2 here=$(dirname "$0")
sh "$here/secrets.sh" "$client/password"
password=$(cat "$client/password")
hash=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
# Without a user, only the health check is possible.
{
  echo 'user default on nopass resetkeys resetchannels -@all +ping'
  echo "$(cat "$here/gateway.acl") #$hash"
} >"$server/users.acl.new"
mv "$server/users.acl.new" "$server/users.acl"
printf %s "redis:6379,user=gateway,password=$password" >"$client/configuration.new"
mv "$client/configuration.new" "$client/configuration"
