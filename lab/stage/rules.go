package stage

// alertRules are what the shop's operations team would have. Most hold for a
// few seconds only, so that an incident of a minute sees them fire and resolve.
const alertRules = `groups:
- name: shop
  rules:
  - alert: ShopErrorRateHigh
    expr: sum by (instance, cluster) (rate(shop_requests_total{outcome="error"}[5s])) / sum by (instance, cluster) (rate(shop_requests_total[5s])) > 0.05
    for: 3s
    labels: {severity: page, team: shop}
    annotations:
      summary: "more than 5 % of the shop's requests fail"
      runbook_url: https://runbooks.example.com/shop/error-rate
  - alert: ShopLatencyHigh
    expr: histogram_quantile(0.99, sum by (instance, cluster, le) (rate(shop_request_duration_seconds_bucket[5s]))) > 1
    for: 3s
    labels: {severity: warning, team: shop}
    annotations:
      summary: "the slowest requests of the shop take more than a second"
      runbook_url: https://runbooks.example.com/shop/latency
- name: mysql
  rules:
  - alert: MySQLDown
    expr: mysql_up == 0
    for: 2s
    labels: {severity: critical, team: dba}
    annotations:
      summary: "the exporter cannot log in to {{ $labels.instance }}"
      runbook_url: https://runbooks.example.com/mysql/down
  - alert: MySQLReplicationStopped
    expr: mysql_slave_status_slave_sql_running == 0 or mysql_slave_status_replica_sql_running == 0
    for: 2s
    labels: {severity: critical, team: dba}
    annotations:
      summary: "{{ $labels.instance }} applies nothing any more"
      runbook_url: https://runbooks.example.com/mysql/replication
  - alert: MySQLRowLockWaits
    expr: mysql_global_status_innodb_row_lock_current_waits > 2
    for: 3s
    labels: {severity: warning, team: dba}
    annotations:
      summary: "sessions wait for row locks on {{ $labels.instance }}"
      runbook_url: https://runbooks.example.com/mysql/row-locks
`
