class Running:
    def __init__(self):
        self.total = 0.0
        self.n = 0

    def add(self, value, n=1):
        self.total = self.total + value * n
        self.n += n

    def mean(self):
        return self.total / self.n
