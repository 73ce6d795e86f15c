#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the certificates that the brokers of a fleet show each other. Needs the openssl command.
#
#   make-certificates.sh FOLDER ca                     once: ca.pem and ca.key. Keep ca.key off the fleet's machines.
#   make-certificates.sh FOLDER listener NAME HOST     for a hub or edge broker that others reach as HOST
#   make-certificates.sh FOLDER link NODE              for the links of NODE's broker: NODE.control and NODE.bulk
#
# A certificate lasts 825 days: run the same command again before that and reload the server (nats-server --signal reload).
# Whoever holds a link's key speaks as that node: give each machine only its own files and ca.pem.
set -eu
umask 077

fail() {
  echo "make-certificates.sh: $1" >&2
  exit 1
}

[ $# -ge 2 ] || fail "usage: make-certificates.sh FOLDER ca | listener NAME HOST | link NODE"
command -v openssl >/dev/null || fail "the openssl command is missing: install the package openssl"
folder=$1
kind=$2
mkdir -p "$folder"

# issue NAME USAGE SUBJECT_ALT_NAME: a key and a certificate signed by the fleet's authority.
issue() {
  [ -f "$folder/ca.key" ] || fail "$folder/ca.key is missing: run 'make-certificates.sh $folder ca' first"
  work=$(mktemp -d)
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -subj "/CN=$1" -keyout "$folder/$1.key" -out "$work/request" 2>/dev/null
  printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=%s\nsubjectAltName=%s\n' \
    "$2" "$3" >"$work/extensions"
  openssl x509 -req -in "$work/request" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
    -days 825 -sha256 -extfile "$work/extensions" -out "$folder/$1.pem" 2>/dev/null
  rm -rf "$work"
  chmod 644 "$folder/$1.pem"
}

case $kind in
  ca)
    [ ! -e "$folder/ca.key" ] || fail "$folder/ca.key exists: a new authority would cut off every link"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -sha256 -subj "/CN=aiflow fleet" \
      -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
      -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
    chmod 644 "$folder/ca.pem"
    ;;
  listener)
    [ $# -eq 4 ] || fail "usage: make-certificates.sh FOLDER listener NAME HOST"
    case $4 in
      *[!0-9.]*) issue "$3" serverAuth "DNS:$4" ;;
      *) issue "$3" serverAuth "IP:$4" ;;
    esac
    ;;
  link)
    [ $# -eq 3 ] || fail "usage: make-certificates.sh FOLDER link NODE"
    for lane in control bulk; do issue "$3.$lane" clientAuth "DNS:$3.$lane"; done
    ;;
  *) fail "unknown kind '$kind': use ca, listener or link" ;;
esac
