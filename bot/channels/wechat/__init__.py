"""WeChat service account (服务号): callbacks in, passive answers and customer-service messages out."""
