# Makes and runs one throw-away server, and removes every trace of it once the process that wants it is gone.
#
# Standard input is a pipe whose other end that process holds. However it ends, the kernel closes the pipe, so waiting
# for the end of the input needs no signal handler, no timer and no help from the process. The script makes the
# directory and starts the server itself, so there is no moment at which either exists without a watcher.
#
# usage: DIRECTORY BINARIES [postgres option]...
directory=$1
binaries=$2
shift 2

# The script has a process group of its own, but a signal to a whole session or container can reach it nevertheless. A shell
# tells of a job that a signal has ended, and by then nobody may be reading: that must not end it before it has cleaned up.
trap '' HUP INT TERM PIPE

exec 2>&1
mkdir -m 700 "$directory" || exit 70

if ! "$binaries/initdb" -D "$directory/data" -U postgres -A trust -E UTF8 --locale=C --locale-provider=libc \
    --no-sync --no-instructions </dev/null >"$directory/initdb.log" 2>&1
then
    tail -c 8000 "$directory/initdb.log"
    rm -rf "$directory"
    exit 71
fi

"$binaries/postgres" -D "$directory/data" -k "$directory" "$@" </dev/null >"$directory/log" 2>&1 &
server=$!

# A shell gives its background jobs an empty standard input, hence the copy. The signal is the one for an immediate
# shutdown, for the data is about to be deleted; it is repeated because a server that has only just been started still
# ignores it.
exec 3<&0
{
    read -r _ <&3
    while kill -QUIT "$server" 2>/dev/null; do sleep 0.2; done
} >/dev/null 2>&1 &
watcher=$!

wait "$server"
kill -KILL "$watcher"
# Nobody may be reading, so this has to fit into the buffer of a pipe.
tail -c 8000 "$directory/log"
rm -rf "$directory"
exit 72
