"""Peers for live tests: an SMTP sink that remembers what it got, and a client that talks raw SMTP."""
import collections
import socket
import socketserver
import threading


class Sink:
    """An SMTP server on a free loopback port. `received` counts the value of X-Mark in each message that it answered 250."""

    def __init__(self, extensions=('PIPELINING', '8BITMIME', 'SIZE', 'DSN'), at=('127.0.0.1', 0)):
        self.received = collections.Counter()
        self.messages = []
        self.keep_messages = False
        self.rcpt_reply = None      # callable(address) -> reply line, or None for 250
        self.lock = threading.Lock()
        self.extensions = list(extensions)
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True      # a reply does not wait for the acknowledgement of the one before

            def handle(self):
                try:
                    outer.serve(self.rfile, self.wfile)
                except OSError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 512

        self.server = Server(at, Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True)
        self.thread.start()

    def serve(self, rfile, wfile):
        def say(line):
            wfile.write(line.encode() + b'\r\n')
        say('220 sink.test ESMTP')
        mail, rcpts = None, []
        for raw in rfile:
            verb = raw[:4].upper()
            if verb == b'EHLO':
                lines = ['sink.test'] + self.extensions
                for i, text in enumerate(lines):
                    say(('250 ' if i == len(lines) - 1 else '250-') + text)
            elif verb == b'MAIL':
                mail, rcpts = raw.strip().decode('latin-1'), []
                say('250 2.1.0 ok')
            elif verb == b'RCPT':
                reply = self.rcpt_reply(raw.decode('latin-1')) if self.rcpt_reply else None
                if not reply:
                    rcpts.append(raw.strip().decode('latin-1'))
                say(reply or '250 2.1.5 ok')
            elif verb == b'DATA':
                if not rcpts:
                    say('503 5.5.1 no recipients')
                    continue
                say('354 go')
                mark, lines = None, []
                for line in rfile:
                    if line == b'.\r\n':
                        break
                    if mark is None and line.lower().startswith(b'x-mark:'):
                        mark = line[7:].strip().decode()
                    lines.append(line)
                else:
                    return
                with self.lock:
                    self.received[mark] += 1
                    if self.keep_messages:
                        self.messages.append((mail, rcpts, b''.join(lines)))
                say('250 2.0.0 taken')
            elif verb == b'QUIT':
                say('221 2.0.0 bye')
                return
            else:
                say('250 2.0.0 ok')

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def relay_to(port):
    """An edit of the built-in configuration: mail for other hosts goes to 127.0.0.1:port."""
    def edit(text):
        text = text.replace('R$+ < @ $+ >\t\t$#smtp $@ $2 $: $1 < @ $2 >',
                            'R$+ < @ $+ >\t\t$#smtp $@ [127.0.0.1] $: $1 < @ $2 >')
        assert '$@ [127.0.0.1]' in text
        return text.replace('A=TCP $h', f'A=TCP $h {port}')
    return edit


class Raw:
    """A client that sends bytes and reads replies."""

    def __init__(self, port, timeout=120):
        self.sock = socket.create_connection(('127.0.0.1', port), timeout=timeout)
        self.file = self.sock.makefile('rb')

    def send(self, data):
        self.sock.sendall(data)

    def reply(self):
        """All lines of one reply as text; '' when the server has closed."""
        lines = []
        while True:
            line = self.file.readline()
            lines.append(line.decode('latin-1').rstrip('\r\n'))
            if len(line) < 4 or line[3:4] != b'-':
                return '\n'.join(lines)

    def command(self, line):
        self.send(line.encode('latin-1') + b'\r\n')
        return self.reply()

    def close(self):
        self.file.close()
        self.sock.close()
