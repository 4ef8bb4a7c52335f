from sklearn.feature_extraction.text import TfidfVectorizer


class Vectors:
    def __init__(self, size):
        self.tfidf = TfidfVectorizer(max_features=size)

    def learn(self, texts):
        self.tfidf.fit(texts)
        return self

    def __call__(self, texts):
        return self.tfidf.transform(texts).toarray().astype("float32")
