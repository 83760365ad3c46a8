#!/bin/sh
# Starts Alertmanager with the receivers that the environment names; without any it shows alerts on its page and tells nobody.
#
#   ALERT_MAIL_TO      mail addresses, comma-separated; with ALERT_SMTP (host:port), ALERT_MAIL_FROM, ALERT_SMTP_USER, ALERT_SMTP_PASSWORD
#   ALERT_TELEGRAM_TOKEN, ALERT_TELEGRAM_CHAT    a bot and the number of a chat
#   ALERT_SLACK_URL    an incoming webhook of Slack, or of what speaks like it (Mattermost, Discord with /slack)
#   ALERT_WEBHOOK_URL  whatever takes Alertmanager's JSON
set -eu
umask 077
config="${ALERT_CONFIG:-/tmp/alertmanager.yml}"

quoted() { # as a YAML text
  printf "'%s'" "$(printf %s "$1" | sed "s/'/''/g")"
}

{
  echo "route: {receiver: people, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 12h}"
  echo "inhibit_rules:"
  echo "  - {source_matchers: ['alertname = WarraqDown'], target_matchers: ['alertname =~ \"Warraq.*\"', 'alertname != WarraqDown']}"
  echo "templates: []"
  echo "receivers:"
  echo "  - name: people"
  if [ -n "${ALERT_MAIL_TO:-}" ]; then
    : "${ALERT_SMTP:?ALERT_MAIL_TO needs ALERT_SMTP, the host:port of a mail server}"
    : "${ALERT_MAIL_FROM:?ALERT_MAIL_TO needs ALERT_MAIL_FROM}"
    echo "    email_configs:"
    echo "      - to: $(quoted "$ALERT_MAIL_TO")"
    echo "        from: $(quoted "$ALERT_MAIL_FROM")"
    echo "        smarthost: $(quoted "$ALERT_SMTP")"
    echo "        send_resolved: true"
    if [ -n "${ALERT_SMTP_USER:-}" ]; then
      echo "        auth_username: $(quoted "$ALERT_SMTP_USER")"
      echo "        auth_password: $(quoted "${ALERT_SMTP_PASSWORD:-}")"
    fi
  fi
  if [ -n "${ALERT_TELEGRAM_TOKEN:-}" ]; then
    : "${ALERT_TELEGRAM_CHAT:?ALERT_TELEGRAM_TOKEN needs ALERT_TELEGRAM_CHAT, the number of the chat}"
    echo "    telegram_configs:"
    echo "      - {bot_token: $(quoted "$ALERT_TELEGRAM_TOKEN"), chat_id: $ALERT_TELEGRAM_CHAT, parse_mode: ''}"
  fi
  if [ -n "${ALERT_SLACK_URL:-}" ]; then
    echo "    slack_configs:"
    echo "      - {api_url: $(quoted "$ALERT_SLACK_URL"), send_resolved: true}"
  fi
  if [ -n "${ALERT_WEBHOOK_URL:-}" ]; then
    echo "    webhook_configs:"
    echo "      - {url: $(quoted "$ALERT_WEBHOOK_URL"), send_resolved: true}"
  fi
} >"$config"
exec alertmanager --config.file="$config" --storage.path="${ALERT_STORAGE:-/alertmanager}" "$@"
