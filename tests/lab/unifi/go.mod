module unifi

go 1.24
