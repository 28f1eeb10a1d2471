# SPDX-License-Identifier: MPL-2.0
"""One sign-in as a short script of a help desk does it: imaplib, poplib, smtplib, with a verified certificate.

Usage: sign_in.py imap|pop3|smtp implicit|starttls PORT CA_FILE USER, the password on standard input.
Exit status 67 if the server refused the password, 0 if it took it."""
import ssl
import sys

protocol, tls, port, ca_file, user = sys.argv[1:]
password = sys.stdin.readline().rstrip("\n")
context = ssl.create_default_context(cafile=ca_file)
place = ("127.0.0.1", int(port))

if protocol == "imap":
    import imaplib

    refusal = imaplib.IMAP4.error
    if tls == "implicit":
        server = imaplib.IMAP4_SSL(*place, ssl_context=context)
    else:
        server = imaplib.IMAP4(*place)
        server.starttls(ssl_context=context)
    sign_in = lambda: server.login(user, password)
elif protocol == "pop3":
    import poplib

    refusal = poplib.error_proto
    if tls == "implicit":
        server = poplib.POP3_SSL(*place, context=context)
    else:
        server = poplib.POP3(*place)
        server.stls(context=context)

    def sign_in():
        server.user(user)
        server.pass_(password)
else:
    import smtplib

    refusal = smtplib.SMTPAuthenticationError
    if tls == "implicit":
        server = smtplib.SMTP_SSL(*place, context=context)
    else:
        server = smtplib.SMTP(*place)
        server.starttls(context=context)
    sign_in = lambda: server.login(user, password)

try:
    sign_in()
except refusal:
    sys.exit(67)
