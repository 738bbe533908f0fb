module avnwizard/tests/lab/kube/app

go 1.22
