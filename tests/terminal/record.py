"""Records programs on a PTY for the tests of the terminal's screen: python3 record.py DIRECTORY [NAME..]

Each line of a recording is an event: ["size", cols, rows] or ["out", text]. Linux; needs the programs themselves.
"""

import codecs, fcntl, json, os, pty, select, signal, struct, sys, tempfile, termios, time

SAMPLE = """fn main() {
    let greeting = "Grüße, 世界 🎉";
    for number in 0..10 {
        println!("{greeting} {number}"); // a comment that is long enough to be cut off by a narrow window
    }
}
""" * 8

WIDE = (
    "printf '日本語テキスト wide 中文字符 한국어\\n'; printf '😀🎉👍🏽👨‍👩‍👧 e\\u0301 a\\u0308\\n';"
    "for i in $(seq 60); do printf '漢字%s' $i; done; echo; printf '%0.s─' $(seq 90); echo"
)
COLOURS = (
    "for i in $(seq 0 255); do printf '\\033[38;5;%sm%4s\\033[48;5;%sm \\033[m' $i $i $i; done; echo;"
    "for s in 1 2 3 4 5 7 8 9 21 53 '4:3' '58;5;9;4'; do printf '\\033[%smstyle\\033[m ' $s; done; echo;"
    "for i in $(seq 0 8 255); do printf '\\033[48;2;%s;40;90m  \\033[m' $i; done; echo;"
    "printf '\\033(0lqqqk\\nx   x\\nmqqqj\\033(B\\n\\033[44mblue line\\033[K\\033[m\\n'"
)
MARGINS = (
    "for i in $(seq 40); do echo line $i; done; printf '\\033[5;15r\\033[15;1H'; for i in $(seq 20); do printf 'in %s\\n' $i; done;"
    "printf '\\033[8;1H\\033[3L\\033[10;1H\\033[2M\\033[12;5H\\033[4@\\033[3P\\033[2X\\033[4h ins\\033[4l\\033[?6h\\033[2;3Horigin\\033[?6l\\033[r\\033[20;1H'"
)

# Each step is what is typed, or a size; then the output is waited for.
SHELL = ["bash", "--norc", "--noprofile"]
SESSIONS = {
    "colours": (SHELL, [COLOURS + "\r", "ls --color=always /usr\r"]),
    "wide": (SHELL, [WIDE + "\r", (61, 20), WIDE + "\r"]),
    "margins": (SHELL, [MARGINS + "\r", "echo after\r"]),
    "scrollback": (SHELL, ["seq 300\r", "for i in $(seq 30); do seq -s ' ' 60; done\r", "\x0c", "echo up\r"]),
    "resize": (SHELL, ["seq -s ' ' 200\r", "seq 30\r", (50, 15), "echo narrow\r", (110, 35), "echo wide\r", (80, 24), "echo back\r"]),
    "vim": (["vim", "-u", "NONE", "-N", "sample.rs"], [":syntax on\r", "5j", "ohello 世界\x1b", ":split\r", (100, 30), ":vsplit\r", "\x06", (80, 24), "G", ":set number hlsearch\r", "/number\r"]),
    "vim-quit": (SHELL, ["echo before\r", "vim -u NONE -N sample.rs\r", "G", ":q!\r", "echo after\r"]),
    "less": (SHELL, ["less sample.rs\r", " ", "/number\r", "q", "echo after\r"]),
    "tmux": (["tmux", "-L", "recording", "-f", "/dev/null", "new", *SHELL], ["seq 50\r", "\x02%", "echo right; ls --color=always /\r", "\x02\"", (100, 30), "printf '世界 🎉\\n'\r", "\x02o", "echo left\r", (80, 24)]),
    "htop": (["unshare", "--pid", "--fork", "--mount-proc", "htop", "-d", "5"], ["", "\x1b[B", (100, 30), "", "\x1bOQ", "\x1b"]),
    "zsh": (["zsh", "-f"], ["echo one\r", "ls /u\t", "\r", "setopt prompt_sp; printf no-newline\r", "\x1b[A\x1b[A", "\x03"]),
    "fish": (["fish", "--no-config"], ["echo one\r", "ls /us\t", "\r", "echo 'unclosed\r", "\x03"]),
    "python": (["python3", "-q"], ["import this\r", "print('世界', 2**200)\r", "[x for x in range(100)]\r"]),
}


def record(argv, steps, folder):
    events = []
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    environment = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin",
                   "PS1": "$ ", "HOME": folder, "SHELL": "/bin/sh", "USER": "ada"}
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(argv[0], argv, environment)

    def resize(cols, rows):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        events.append(["size", cols, rows])

    def listen(seconds):
        end = time.monotonic() + 8 * seconds
        while time.monotonic() < end and select.select([fd], [], [], seconds)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                return
            text = decoder.decode(data)
            if text:
                events.append(["out", text])
            if "\x1b[c" in text or "\x1b[0c" in text:
                os.write(fd, b"\x1b[?1;2c")
            if "\x1b[6n" in text:
                os.write(fd, b"\x1b[1;1R")

    resize(80, 24)
    listen(1.0)
    for step in steps:
        if isinstance(step, tuple):
            resize(*step)
        else:
            os.write(fd, step.encode())
        listen(0.4)
    os.kill(pid, signal.SIGKILL)
    os.close(fd)
    os.waitpid(pid, 0)
    return events


def main():
    target, names = sys.argv[1], sys.argv[2:] or SESSIONS
    for name in names:
        with tempfile.TemporaryDirectory(prefix="ada") as folder:
            with open(os.path.join(folder, "sample.rs"), "w") as sample:
                sample.write(SAMPLE)
            argv, steps = SESSIONS[name]
            events = record(argv, steps, folder)
        with open(os.path.join(target, name + ".jsonl"), "w") as file:
            for event in events:
                file.write(json.dumps(event, ensure_ascii=True) + "\n")
        print(name, len(events), sum(len(e[1]) for e in events if e[0] == "out"))


main()
